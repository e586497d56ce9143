// WebNLG in JSON (Gardent et al. 2017): sets of triples of a category and the texts that say them.
#include "core/base/lenient_json.h"
#include "core/data/readers/record_reader.h"
#include "core/data/readers/triples.h"

namespace diapason {
namespace {

void add_entry(const Json& entry, std::size_t line, DataRows& rows) {
    std::vector<Triple> triples;
    for (const Json& parts : needed_list(entry, "modifiedtripleset"))
        triples.push_back(
            {needed_text(parts, "subject"), needed_text(parts, "property"), needed_text(parts, "object")});
    Example example;
    example.group = text_in(entry, "category");
    example.text = linearised(triples, false);
    set_texts(example, entry, "lexicalisations", "lex");
    rows.add(line, std::move(example));
}

} // namespace

// Every entry is an object with a number for its only key.
const DataReader& webnlg_reader() {
    static const RecordReader reader({.name = "webnlg",
                                      .title = "WebNLG (JSON)",
                                      .kind = "generation",
                                      .records = {"entries", every_entry, every_entry},
                                      .keys = {"modifiedtripleset", "lexicalisations"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_entry; },
                                      .metrics = {"bleu", "meteor_exact_stem", "ter"}});
    return reader;
}

} // namespace diapason
