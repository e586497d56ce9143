// diapason-cli tasks: what can be compared on, and data of one's own as a task

#include "app/cli/listing.h"
#include "app/cli/waiting_line.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/words.h"
#include "core/data/baselines.h"
#include "core/data/own_tasks.h"
#include "core/data/task_document.h"
#include "core/data/task_guess.h"
#include "core/data/task_report.h"
#include "core/data/tasks_document.h"
#include "core/data/token_preview.h"
#include "core/library/library.h"

#include <memory>

namespace diapason::cli {
namespace {

namespace fs = std::filesystem;

int list_all_tasks(const Context& context) {
    using Value = std::function<Json(const Task&)>;
    // Of a file that cannot be read its name and the error are all there is.
    const auto of_task = [](const Value& value) {
        return [value](const ListedTask& listed) { return listed.task ? value(*listed.task) : Json(); };
    };
    const auto shown = [](const Value& value) {
        return [value](const ListedTask& listed) { return listed.task ? plain_text(value(*listed.task)) : "–"; };
    };
    const auto fact = [&](const char* heading, const char* key, const Value& value) -> Column<ListedTask> {
        return {heading, key, of_task(value), shown(value)};
    };
    const Value kind = [](const Task& task) { return task.kind->name(); };
    const Value labels = [](const Task& task) { return task.labels.size(); };
    const Value some_labels = [](const Task& task) {
        return task.labels.empty() ? "–" : std::to_string(task.labels.size());
    };
    return print_list<ListedTask>(
        context, list_tasks(),
        {{"id", "id",
          [](const ListedTask& listed) { return listed.task ? listed.task->id : listed.file.stem().string(); }},
         fact(nullptr, "title", [](const Task& task) { return task.title; }),
         fact("kind", "kind", kind),
         {"labels", "labels", of_task(labels), shown(some_labels)},
         fact("metric", nullptr, [](const Task& task) { return task.primary_metric; }),
         fact(nullptr, "metrics", [](const Task& task) { return task.metrics; }),
         {"description", "description", of_task([](const Task& task) { return task.description; }),
          [](const ListedTask& listed) { return listed.task ? listed.task->description : listed.error->what(); }},
         {nullptr, "error",
          [](const ListedTask& listed) { return listed.error ? Json(listed.error->what()) : Json(); }}});
}

// A known task, a task file, or a data file as it is guessed with what the user says over it.
struct Given {
    std::string task;
    std::vector<std::string> map; ///< "text=review"
    std::string kind, backbone;
    std::int64_t rows = 3;
    bool replace = false, skip_bad_rows = false;
};

// "options=A+B+C"
ColumnNames columns_of(const std::string& text) {
    ColumnNames names;
    std::istringstream in(text);
    for (std::string name; std::getline(in, name, '+');)
        names.push_back(name);
    return names;
}

GuessedTask task_of(const Given& given) {
    std::error_code unreadable;
    const bool own = fs::is_regular_file(given.task, unreadable);
    if (given.map.empty() && given.kind.empty() && !given.skip_bad_rows) {
        if (own && fs::path(given.task).extension() != ".json") return guess_task(given.task);
        GuessedTask known;
        known.task = load_task(given.task);
        return known;
    }
    ColumnMap columns;
    for (const std::string& text : given.map) {
        const auto at = text.find('=');
        if (at == std::string::npos)
            throw config_error("--map", text, "names no column", "Write FIELD=COLUMN, for example text=review");
        columns[text.substr(0, at)] = columns_of(text.substr(at + 1));
    }
    KnownOfTask known;
    known.kind = given.kind;
    known.columns = std::move(columns);
    known.skip_bad_rows = given.skip_bad_rows;
    return guess_task(given.task, known);
}

int show_task(const Context& context, const Given& given) {
    const GuessedTask guess = while_waiting([&] { return task_of(given); });
    const Json document = to_json(guess.task);
    if (context.json) {
        print_json({{"task", document}, {"reasons", guess.reasons}});
        return 0;
    }
    print(document.dump(2) + "\n");
    for (const std::string& reason : guess.reasons)
        print("# " + reason + "\n");
    return 0;
}

int check_task(const Context& context, const Given& given) {
    const GuessedTask guess = while_waiting([&] { return task_of(given); });
    std::shared_ptr<const Tokenizer> tokenizer;
    if (!given.backbone.empty()) tokenizer = Tokenizer::load(resolve_backbone(given.backbone));
    const TaskReport report = while_waiting([&] { return report_on(guess.task, tokenizer.get()); });
    const std::vector<Baseline> known = while_waiting([&] { return baselines_of(guess.task, "test"); });
    if (context.json) {
        Json splits = Json::array(), baselines = Json::object();
        for (const Baseline& baseline : known)
            baselines[baseline.name] = baseline.metrics;
        for (const SplitReport& split : report.splits)
            splits.push_back({{"split", split.split},
                              {"rows", split.rows},
                              {"answers", split.answers},
                              {"left_out", split.left_out.rows},
                              {"repeated", split.repeated},
                              {"contradicting", split.contradicting},
                              {"leaking", split.leaking},
                              {"median_tokens", split.median_tokens},
                              {"most_tokens", split.most_tokens},
                              {"cut", split.cut}});
        print_json({{"task", guess.task.id},
                    {"kind", guess.task.kind->name()},
                    {"splits", std::move(splits)},
                    {"warnings", report.warnings},
                    {"baselines", std::move(baselines)},
                    {"reasons", guess.reasons}});
        return 0;
    }
    for (const std::string& reason : guess.reasons)
        print(reason + "\n");
    print(guess.task.id + ": " + guess.task.kind->title() + ", " + guess.task.kind->in_brief(guess.task) + "\n\n");
    std::vector<std::vector<std::string>> table = {{"split", "rows", "repeated", "contradicting"}};
    if (tokenizer) table[0].insert(table[0].end(), {"median tokens", "most", "cut"});
    for (const TaskLabel& label : guess.task.labels)
        if (guess.task.labels.size() <= 12) table[0].push_back(label.id);
    for (const SplitReport& split : report.splits) {
        std::vector<std::string> row = {split.split, std::to_string(split.rows), std::to_string(split.repeated),
                                        std::to_string(split.contradicting)};
        if (tokenizer)
            for (const std::size_t count : {split.median_tokens, split.most_tokens, split.cut})
                row.push_back(std::to_string(count));
        for (const TaskLabel& label : guess.task.labels) {
            const auto found = split.answers.find(label.id);
            if (guess.task.labels.size() <= 12)
                row.push_back(std::to_string(found == split.answers.end() ? 0 : found->second));
        }
        table.push_back(std::move(row));
    }
    print_table(table);
    print("\n");
    std::vector<std::vector<std::string>> least = {{"test without a model"}};
    for (const std::string& metric : guess.task.metrics)
        least[0].push_back(metric_info(metric).label);
    for (const Baseline& baseline : known) {
        std::vector<std::string>& row = least.emplace_back();
        row.push_back(baseline.name);
        for (const std::string& metric : guess.task.metrics) {
            const MetricInfo& info = metric_info(metric);
            const auto value = baseline.metrics.find(metric);
            row.push_back(value == baseline.metrics.end() ? "–"
                                                          : format_number(value->second * info.scale, info.decimals));
        }
    }
    print_table(least);
    for (const std::string& warning : report.warnings)
        print("warning: " + warning + "\n");
    return 0;
}

int add_task(const Context& context, const Given& given, const std::string& id) {
    GuessedTask guess = while_waiting([&] { return task_of(given); });
    if (!id.empty()) guess.task.id = guess.task.title = id;
    own_task_file(guess.task.id);                         // a name that cannot be is said first
    while_waiting([&] { return report_on(guess.task); }); // then whatever is wrong with its rows
    const fs::path file = keep_task(guess.task, given.replace);
    if (context.json)
        print_json({{"id", guess.task.id}, {"file", file.string()}, {"reasons", guess.reasons}});
    else
        print("The task " + guess.task.id + " is in " + file.string() + "\n");
    return 0;
}

int remove_own_task(const std::string& id) {
    remove_task(id);
    print("The task " + id + " is removed; its data stays where it is\n");
    return 0;
}

Json json_of(const std::vector<PreviewToken>& tokens) {
    Json list = Json::array();
    for (const PreviewToken& token : tokens) {
        Json& entry = list.emplace_back(Json{{"piece", token.piece}, {"id", token.id}});
        if (!token.label.empty()) entry["label"] = token.label;
        if (token.answer) entry["answer"] = true;
    }
    return list;
}

// What the model will read, token by token.
int preview_task(const Context& context, const Given& given) {
    const GuessedTask guess = while_waiting([&] { return task_of(given); });
    const auto tokenizer = Tokenizer::load(resolve_backbone(given.backbone.empty() ? "encoder-mini" : given.backbone));
    const auto previews =
        while_waiting([&] { return preview_of(guess.task, *tokenizer, static_cast<std::size_t>(given.rows)); });
    const auto texts = [](const std::vector<PreviewToken>& tokens) {
        std::string line;
        for (const PreviewToken& token : tokens)
            line += " " + token.piece + (token.label.empty() ? "" : "/" + token.label) + (token.answer ? "*" : "");
        return line;
    };
    if (context.json) {
        Json list = Json::array();
        for (const ExamplePreview& preview : previews) {
            Json sequences = Json::array();
            for (const auto& tokens : preview.inputs)
                sequences.push_back(json_of(tokens));
            list.push_back({{"id", preview.id},
                            {"sequences", std::move(sequences)},
                            {"target", json_of(preview.target)},
                            {"cut", json_of(preview.cut)}});
        }
        print_json(list);
        return 0;
    }
    for (const ExamplePreview& preview : previews) {
        print(preview.id + "\n");
        for (const auto& tokens : preview.inputs)
            print("   " + texts(tokens) + "\n");
        if (!preview.target.empty()) print("    target:" + texts(preview.target) + "\n");
        if (!preview.cut.empty()) print("    cut:" + texts(preview.cut) + "\n");
    }
    return 0;
}

} // namespace

void add_tasks(CLI::App& app, Context& context) {
    CLI::App* tasks = app.add_subcommand("tasks", "List the available tasks, or look at data as one");
    add_json_flag(*tasks, context);
    auto markdown = std::make_shared<bool>(false);
    tasks->add_flag("--markdown", *markdown, "Print docs/TASKS.md: kinds, fields and formats");
    tasks->callback([&context, tasks, markdown] {
        if (!tasks->get_subcommands().empty()) return;
        context.action = [&context, markdown] {
            if (!*markdown) return list_all_tasks(context);
            print(tasks_document());
            return 0;
        };
    });
    const auto verb = [&](const char* name, const char* help, const auto& run) {
        CLI::App* command = tasks->add_subcommand(name, help);
        auto given = std::make_shared<Given>();
        command->add_option("task", given->task, "A task's name, a task file, or a data file")->required();
        command->add_option("--map", given->map, "Which columns fill which fields, FIELD=COLUMN (options=A+B+C)")
            ->delimiter(',')
            ->type_name("FIELD=COLUMN");
        command->add_option("--kind", given->kind, "The kind of task, where the columns fit several");
        command->add_flag("--skip-bad-rows", given->skip_bad_rows, "Leave rows with faults out, and count them");
        add_json_flag(*command, context);
        command->callback(
            [&context, given, run] { context.action = [&context, given, run] { return run(context, *given); }; });
        return std::pair{command, given};
    };
    verb("show", "Print a task as a task file, with what was guessed and why", show_task);
    const auto [check, checked] =
        verb("check", "Read all rows: sizes, classes, duplicates, contradictions, lengths", check_task);
    check->add_option("--backbone", checked->backbone, "Whose tokens are counted");
    const auto [preview, previewed] = verb("preview", "Show rows of the training split in tokens", preview_task);
    preview->add_option("--backbone", previewed->backbone, "Whose tokens (encoder-mini)");
    preview->add_option("--rows", previewed->rows, "How many rows (3)")->check(CLI::Range(1, 1000));
    auto id = std::make_shared<std::string>();
    const auto [add, added] = verb("add", "Keep a data file as a task in the data folder",
                                   [id](const Context& c, const Given& given) { return add_task(c, given, *id); });
    add->add_option("--id", *id, "Its name; by default the file's");
    add->add_flag("--replace", added->replace, "Replace the task with this name");
    CLI::App* remove = tasks->add_subcommand("remove", "Remove a task that was added; its data stays");
    auto removed = std::make_shared<std::string>();
    remove->add_option("task", *removed, "Its name")->required();
    remove->callback([&context, removed] { context.action = [removed] { return remove_own_task(*removed); }; });
}

} // namespace diapason::cli
