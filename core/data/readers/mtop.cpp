// MTOP (Li et al. 2021): utterances and what they ask for, as trees of intents and slots. A line has eight fields
// between tabs: id, intent, slots, utterance, domain, locale, tree, tokens.
#include "core/data/delimited_record.h"
#include "core/data/readers/reader.h"

namespace diapason {
namespace {

enum Field { id, intent, slots, utterance, domain, locale, tree, tokens, fields };

std::vector<std::string> fields_of(const std::string& line) {
    DelimitedRecord record({'\t', false});
    record.add_line(line);
    return record.take();
}

bool is_tree(const std::string& text) {
    return text.starts_with("[IN:") && text.ends_with(']');
}

class Mtop : public DataReader {
public:
    const char* name() const override { return "mtop"; }
    const char* title() const override { return "MTOP"; }
    std::string kind() const override { return "generation"; }
    std::vector<std::string> metrics() const override { return {"exact_match"}; }
    std::string recognised(const FileBeginning& beginning) const override {
        const std::size_t end = beginning.text.find('\n');
        const std::vector<std::string> parts = fields_of(without_extra_line_end(beginning.text.substr(0, end)));
        return parts.size() == fields && is_tree(parts[tree]) ? "its lines have a tree of intents in the seventh field"
                                                              : "";
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        for_each_line(request.file, rows.problems(), [&](std::size_t number, const std::string& line) {
            if (line.empty()) return;
            const std::vector<std::string> parts = fields_of(line);
            if (parts.size() != fields)
                return rows.problem(number,
                                    "has " + std::to_string(parts.size()) + " fields between tabs instead of 8");
            if (!is_tree(parts[tree])) return rows.problem(number, "has no tree \"[IN:… ]\" in its seventh field");
            Example example;
            example.id = parts[id];
            example.text = parts[utterance];
            example.target = parts[tree];
            example.group = parts[domain];
            rows.add(number, std::move(example));
        });
    }

private:
    static std::string without_extra_line_end(std::string line) {
        if (line.ends_with('\r')) line.pop_back();
        return line;
    }
};

} // namespace

const DataReader& mtop_reader() {
    static const Mtop reader;
    return reader;
}

} // namespace diapason
