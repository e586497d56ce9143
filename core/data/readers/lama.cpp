// Facts of LAMA's T-REx (Petroni et al. 2019): a subject, a relation and the object that a language model is asked for.
// How a relation is said stands in relations.jsonl beside the facts or in a folder above them, or is given.
#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "core/data/readers/json_rows.h"
#include "core/data/readers/record_reader.h"

#include <map>
#include <memory>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr const char* blank = "[MASK]";

using Templates = std::map<std::string, std::string>; // by relation: "[X] was born in [Y] ."

fs::path file_of_relations(const fs::path& facts) {
    std::error_code unreadable;
    fs::path folder = fs::absolute(facts, unreadable).parent_path();
    for (int level = 0; level < 3; ++level, folder = folder.parent_path()) {
        if (fs::exists(folder / "relations.jsonl", unreadable)) return folder / "relations.jsonl";
    }
    return {};
}

Templates read_templates(const fs::path& file) {
    Templates templates;
    LineProblems problems(file.string());
    for_each_json_line(file, problems, [&](const Json& relation, std::size_t /*line*/) {
        templates[needed_text(relation, "relation")] = needed_text(relation, "template");
    });
    problems.throw_if_any();
    return templates;
}

// "[X]" and "[Y]" of the template replaced; what is inserted stays as it is.
std::string said(const std::string& form, const std::string& subject) {
    const auto x = form.find("[X]"), y = form.find("[Y]");
    if (x == std::string::npos || y == std::string::npos)
        throw input_error({}, "has the template \"" + form + "\", which must contain [X] and [Y]");
    std::string text = form;
    const auto replace = [&](std::size_t at, const std::string& with) { text.replace(at, 3, with); };
    if (x < y) {
        replace(y, blank);
        replace(x, subject);
    } else {
        replace(x, subject);
        replace(y, blank);
    }
    return text;
}

AddRecord reading(const ReadRequest& request) {
    const std::string given = request.options.text("template");
    const fs::path relations = given.empty() ? file_of_relations(request.file) : fs::path();
    if (given.empty() && relations.empty())
        throw input_error(
            request.file.string(), "needs a file relations.jsonl, which says its relations in words",
            "Put LAMA's relations.jsonl beside it or in a folder above, or set the reader's option template");
    const auto templates = std::make_shared<const Templates>(given.empty() ? read_templates(relations) : Templates());
    return [=](const Json& record, std::size_t line, DataRows& rows) {
        Example example;
        example.group = needed_text(record, "predicate_id");
        const auto found = templates->find(example.group);
        if (given.empty() && found == templates->end())
            throw input_error({}, "has the relation \"" + example.group + "\", which " + relations.string() +
                                      " does not say in words");
        example.id = optional_text(record, "uuid");
        example.text = said(given.empty() ? found->second : given, needed_text(record, "sub_label"));
        example.target = needed_text(record, "obj_label");
        rows.add(line, std::move(example));
    };
}

} // namespace

const DataReader& lama_reader() {
    static const RecordReader reader({.name = "lama",
                                      .title = "Facts of LAMA (T-REx)",
                                      .kind = "cloze",
                                      .records = {},
                                      .keys = {"sub_label", "obj_label", "predicate_id"},
                                      .reading = reading,
                                      .options = [] {
                                          return std::vector<OptionDescriptor>{
                                              option::text("template", "Template", "",
                                                           "How every relation is said, with [X] for the subject and "
                                                           "[Y] for the blank: \"[X] was born in [Y] .\". "
                                                           "Empty = as relations.jsonl says it.")};
                                      }});
    return reader;
}

} // namespace diapason
