#include "core/data/kinds/kinds.h"

#include "core/base/error.h"
#include "core/base/remedy.h"
#include "core/base/words.h"
#include "core/data/sound_rows.h"

#include <set>

namespace diapason {
namespace {

constexpr std::size_t max_labels = 10'000;
constexpr std::size_t most_adopted = 1000;    // more are a column of texts
constexpr std::size_t max_label_bytes = 1000; // of an id, and of its words

TaskLabel label_of(const Json& entry, const FieldPath& field, std::vector<Problem>& problems) {
    TaskLabel label;
    if (entry.is_string()) {
        label.id = label.words = entry.get<std::string>();
    } else {
        Fields fields(entry, field, problems);
        label.id = fields.text("id", "");
        label.words = fields.text("words", label.id);
    }
    return label;
}

} // namespace

void read_labels(Fields& fields, Task& task, const std::string& kind) {
    std::set<std::string> seen;
    std::size_t index = 0;
    const Json& list = fields.list("labels");
    if (list.size() > max_labels)
        return fields.add("labels", std::to_string(list.size()) + " labels",
                          kind + " may have at most " + std::to_string(max_labels) + " labels");
    for (const Json& entry : list) {
        const std::string field = "labels[" + std::to_string(index++) + "]";
        const TaskLabel label = label_of(entry, fields.address(field), fields.problems());
        if (label.id.empty())
            fields.add(field, in_one_line(entry.dump(), 200), "a label needs an id");
        else if (label.id.size() > max_label_bytes || label.words.size() > max_label_bytes)
            fields.add(field, in_one_line(label.id, 60),
                       "the id and the words of a label may have at most " + std::to_string(max_label_bytes) +
                           " bytes");
        else if (!seen.insert(label.id).second)
            fields.add(field, label.id, "this label appears twice");
        else
            task.labels.push_back(label);
    }
}

// Labels that differ only in spaces are one to whoever reads them.
void adopt_labels(Task& task, const Dataset& data, const std::string& file,
                  const std::function<std::vector<std::string>(const Example&)>& of, std::size_t least) {
    LineProblems problems(file);
    std::map<std::string, std::string> written; // by what a reader sees
    for (const Example& example : data) {
        for (const std::string& label : of(example)) {
            const std::string seen = without_extra_spaces(label);
            const auto [first, fresh] = written.emplace(seen, label);
            if (seen.empty())
                problems.add(example.line, "has no label");
            else if (first->second != label)
                problems.add(example.line,
                             "has the label \"" + label + "\", which other lines write \"" + first->second + "\"");
        }
    }
    problems.throw_if_any();
    if (written.size() < least || written.size() > most_adopted)
        throw input_error(file, (written.size() == 1 ? std::string("has only one label")
                                                     : "has " + std::to_string(written.size()) + " different labels") +
                                    "; such a task needs " + std::to_string(least) + " to 1,000");
    task.labels.clear();
    std::set<std::string> labels;
    for (const auto& [seen, label] : written)
        labels.insert(label);
    for (const std::string& label : labels)
        task.labels.push_back({label, label});
}

std::map<std::string, int> label_places(const Task& task) {
    std::map<std::string, int> places;
    for (const TaskLabel& label : task.labels)
        places.emplace(label.id, static_cast<int>(places.size()));
    return places;
}

std::vector<Problem> problems_of_label_words(const Task& task) {
    std::vector<Problem> problems;
    std::map<std::string, std::string> owner; // words → label
    for (const TaskLabel& label : task.labels) {
        const std::string words = without_extra_spaces(label.words);
        const std::string field = "labels." + label.id + ".words";
        const auto [known, fresh] = owner.emplace(words, label.id);
        if (words.empty())
            problems.push_back({field, "\"" + label.words + "\"", "answers in words need words for every label",
                                "Give the label words in the task file, or answer by a head"});
        else if (!fresh)
            problems.push_back({field, "\"" + label.words + "\"",
                                "the label " + known->second + " has the same words: no answer could tell them apart",
                                "Give each label its own words in the task file, or answer by a head"});
    }
    return problems;
}

OptionValues with_option(const MetricInfo& metric, const std::string& option, const std::string& value) {
    Json given = Json::object();
    for (const OptionDescriptor& known : metric.options)
        if (known.name == option) given[option] = value;
    std::vector<Problem> problems;
    return OptionValues::from_json(metric.options, given, {}, problems);
}

Dataset sound_examples(const Task& task, Dataset data, const std::string& file,
                       const std::function<std::string(const Example&)>& check, const std::string& remedy) {
    return sound_rows(task.rows, std::move(data), file, [&](const Example& example) {
        return RowFault{check(example), remedy};
    });
}

EncodedExample encode_text(const Task& task, const Tokenizer& tokenizer, const Example& example, std::int64_t bos_id) {
    if (task.text_template != "{text}") return encode_input(task, tokenizer, example, bos_id);
    const auto room = static_cast<std::size_t>(task.max_tokens);
    const bool paired = task.columns.count("pair") != 0 || !example.pair.empty();
    Encoding encoding = paired ? tokenizer.encode_pair(example.text, example.pair, {.max_length = room})
                               : tokenizer.encode(example.text, {.max_length = room});
    EncodedExample encoded;
    encoded.ids = std::move(encoding.ids);
    encoded.type_ids = std::move(encoding.type_ids);
    return encoded;
}

AroundAnswer around_answer(const Task& task) {
    const auto at = task.question.find("{answer}");
    AroundAnswer around{task.question.substr(0, at), task.question.substr(at + 8), false};
    around.spaced = around.before.ends_with(' ');
    if (around.spaced) around.before.pop_back();
    return around;
}

} // namespace diapason
