// DART 1.1 (Nan et al. 2021): sets of triples and the texts that say them.
#include "core/base/error.h"
#include "core/data/readers/record_reader.h"
#include "core/data/readers/triples.h"

namespace diapason {
namespace {

void add_entry(const Json& entry, std::size_t line, DataRows& rows) {
    std::vector<Triple> triples;
    for (const Json& parts : needed_list(entry, "tripleset")) {
        if (!parts.is_array() || parts.size() != 3) throw input_error({}, "has a triple that is not a list of three");
        Triple& triple = triples.emplace_back();
        for (std::size_t i = 0; i < 3; ++i) {
            if (!parts[i].is_string()) throw input_error({}, "has a triple with a part that is not a string");
            triple[i] = parts[i].get<std::string>();
        }
    }
    Example example;
    example.text = linearised(triples, true);
    set_texts(example, entry, "annotations", "text");
    rows.add(line, std::move(example));
}

} // namespace

const DataReader& dart_reader() {
    static const RecordReader reader({.name = "dart",
                                      .title = "DART",
                                      .kind = "generation",
                                      .records = {},
                                      .keys = {"tripleset", "annotations"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_entry; },
                                      .metrics = {"bleu", "rouge_l"}});
    return reader;
}

} // namespace diapason
