// WebNLG in JSON (Gardent et al. 2017): sets of triples of a category and the texts that say them.
#include "core/base/error.h"
#include "core/base/lenient_json.h"
#include "core/data/readers/json_rows.h"
#include "core/data/readers/triples.h"

namespace diapason {
namespace {

// @return what is wrong, empty when nothing is
std::string read_entry(const Json& entry, Example& example) {
    if (!entry.is_object()) return "is not an object";
    std::vector<Triple> triples;
    const Json& set = part_of(entry, "modifiedtripleset");
    if (!set.is_array() || set.empty()) return "has no \"modifiedtripleset\"";
    for (const Json& triple : set) {
        Triple& texts = triples.emplace_back();
        std::size_t i = 0;
        for (const char* part : {"subject", "property", "object"}) {
            if (!part_of(triple, part).is_string()) return std::string("has a triple without \"") + part + "\"";
            texts[i++] = triple.at(part).get<std::string>();
        }
    }
    std::vector<std::string> texts;
    const Json& lexicalisations = part_of(entry, "lexicalisations");
    if (!lexicalisations.is_array()) return "has no \"lexicalisations\"";
    for (const Json& lexicalisation : lexicalisations) {
        if (!part_of(lexicalisation, "lex").is_string()) return "has a lexicalisation without \"lex\"";
        texts.push_back(lexicalisation.at("lex").get<std::string>());
    }
    example.group = text_in(entry, "category");
    example.text = linearised(triples, false);
    return set_texts(example, std::move(texts)) ? "" : "has no text among its \"lexicalisations\"";
}

class WebNlg : public DataReader {
public:
    const char* name() const override { return "webnlg"; }
    const char* title() const override { return "WebNLG (JSON)"; }
    std::string kind() const override { return "generation"; }
    std::string recognised(const FileBeginning& beginning) const override {
        const auto has = [&](const char* key) { return beginning.text.find(key) != std::string::npos; };
        return has("\"entries\"") && has("\"modifiedtripleset\"") && has("\"lexicalisations\"")
                   ? "its \"entries\" have a \"modifiedtripleset\" with \"lexicalisations\""
                   : "";
    }

    // Every entry is an object with a number for its only key.
    void read(const ReadRequest& request, DataRows& rows) const override {
        const auto add = [&](const Json& entry, std::size_t line) {
            Example example;
            const std::string wrong = read_entry(entry, example);
            if (wrong.empty()) rows.add(line, std::move(example));
            return wrong;
        };
        const bool found = for_each_value(request, {"entries", every_entry, every_entry}, rows, add);
        if (!found) throw input_error(request.file.string(), "is not a WebNLG file: it has no \"entries\"");
    }
};

} // namespace

const DataReader& webnlg_reader() {
    static const WebNlg reader;
    return reader;
}

} // namespace diapason
