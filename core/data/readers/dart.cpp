// DART 1.1 (Nan et al. 2021): sets of triples and the texts that say them.
#include "core/base/error.h"
#include "core/base/lenient_json.h"
#include "core/data/readers/json_rows.h"
#include "core/data/readers/triples.h"

namespace diapason {
namespace {

// @return what is wrong, empty when nothing is
std::string read_entry(const Json& entry, Example& example) {
    std::vector<Triple> triples;
    const Json& set = part_of(entry, "tripleset");
    if (!set.is_array() || set.empty()) return "has no \"tripleset\"";
    for (const Json& triple : set) {
        if (!triple.is_array() || triple.size() != 3) return "has a triple that is not a list of three";
        Triple& texts = triples.emplace_back();
        for (std::size_t i = 0; i < 3; ++i) {
            if (!triple[i].is_string()) return "has a triple with a part that is not a string";
            texts[i] = triple[i].get<std::string>();
        }
    }
    std::vector<std::string> texts;
    const Json& annotations = part_of(entry, "annotations");
    if (!annotations.is_array()) return "has no \"annotations\"";
    for (const Json& annotation : annotations) {
        if (!part_of(annotation, "text").is_string()) return "has an annotation without \"text\"";
        texts.push_back(annotation.at("text").get<std::string>());
    }
    example.text = linearised(triples, true);
    return set_texts(example, std::move(texts)) ? "" : "has no text among its \"annotations\"";
}

class Dart : public DataReader {
public:
    const char* name() const override { return "dart"; }
    const char* title() const override { return "DART"; }
    std::string kind() const override { return "generation"; }
    std::string recognised(const FileBeginning& beginning) const override {
        const auto has = [&](const char* key) { return beginning.text.find(key) != std::string::npos; };
        const bool list = beginning.text.find_first_not_of(" \t\r\n") == beginning.text.find('[');
        return list && has("\"tripleset\"") && has("\"annotations\"")
                   ? "its entries have a \"tripleset\" with \"annotations\""
                   : "";
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        const auto add = [&](const Json& entry, std::size_t line) {
            Example example;
            const std::string wrong = read_entry(entry, example);
            if (wrong.empty()) rows.add(line, std::move(example));
            return wrong;
        };
        const bool found = for_each_value(request, {every_entry}, rows, add);
        if (!found) throw input_error(request.file.string(), "is not a DART file: it is not a list");
    }
};

} // namespace

const DataReader& dart_reader() {
    static const Dart reader;
    return reader;
}

} // namespace diapason
