// WebNLG and DART in XML (Gardent et al. 2017, Nan et al. 2021): sets of triples of a category and the texts that say
// them.
#include "core/base/error.h"
#include "core/base/words.h"
#include "core/data/readers/reader.h"
#include "core/data/readers/triples.h"
#include "core/data/xml_records.h"

#include <utility>

namespace diapason {
namespace {

constexpr const char* root = "benchmark";

// "subject | relation | object".
Triple triple_of(const XmlElement& element) {
    Triple triple;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        const std::size_t end = element.text.find('|', begin);
        if ((end == std::string::npos) != (i == 2))
            throw input_error({}, "has a triple that is not \"subject | relation | object\": \"" +
                                      without_extra_spaces(element.text) + "\"");
        triple[i] = without_extra_spaces(element.text.substr(begin, end == std::string::npos ? end : end - begin));
        begin = end + 1;
    }
    return triple;
}

Example example_of(const XmlElement& entry) {
    std::vector<Triple> triples;
    std::vector<std::string> texts;
    for (const XmlElement& part : entry.children) {
        if (part.name == "lex") texts.push_back(without_extra_spaces(part.text));
        if (part.name != "modifiedtripleset") continue;
        for (const XmlElement& triple : part.children)
            triples.push_back(triple_of(triple));
    }
    Example example;
    example.text = linearised(triples, false);
    set_texts(example, std::move(texts));
    if (const auto category = entry.attributes.find("category"); category != entry.attributes.end())
        example.group = category->second;
    return example;
}

class TriplesXml : public DataReader {
public:
    const char* name() const override { return "triples_xml"; }
    const char* title() const override { return "WebNLG and DART (XML)"; }
    std::string kind() const override { return "generation"; }
    std::vector<std::string> metrics() const override { return {"bleu", "meteor_exact_stem", "ter"}; }
    std::string recognised(const FileBeginning& beginning) const override {
        return beginning.text.find("<modifiedtripleset") != std::string::npos &&
                       outermost_element(beginning.text) == root
                   ? "its entries have a \"modifiedtripleset\""
                   : "";
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        const bool right = for_each_element(request.file, root, "entry", [&](const XmlElement& entry) {
            rows.problems().attempt(entry.line, [&] { rows.add(entry.line, example_of(entry)); });
        });
        if (!right)
            throw input_error(request.file.string(), std::string("is not of the format ") + name() +
                                                         ": its outermost element is not \"" + root + "\"");
    }
};

} // namespace

const DataReader& triples_xml_reader() {
    static const TriplesXml reader;
    return reader;
}

} // namespace diapason
