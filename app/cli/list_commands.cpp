// diapason-cli methods, tasks: what can be compared, on what

#include "app/cli/listing.h"
#include "core/base/atomic_file.h"
#include "core/base/words.h"
#include "core/data/task.h"
#include "core/library/library.h"
#include "methods/catalog/method_info.h"
#include "methods/catalog/methods_document.h"
#include "methods/picture/block_picture.h"

#include <filesystem>

namespace diapason::cli {
namespace {

// docs/images/methods: one file a method, on the embedded encoder.
int write_pictures(const std::filesystem::path& folder) {
    const BackboneConfig config = read_backbone_config(resolve_backbone(pictured_backbone));
    make_folders(folder);
    for (const MethodInfo& method : method_catalog())
        write_file_atomically(folder / (method.id + ".svg"), method_svg(method, config));
    return 0;
}

int list_methods(const Context& context, bool markdown) {
    if (markdown) {
        print(methods_document());
        return 0;
    }
    Json list = Json::array();
    for (const MethodInfo& method : method_catalog()) {
        Json options = Json::array();
        for (const OptionDescriptor& d : method.options)
            options.push_back({{"name", d.name}, {"default", d.default_value}, {"help", d.help}, {"source", d.source}});
        list.push_back({{"id", method.id},
                        {"label", method.label},
                        {"paper", method.paper},
                        {"formula", method.formula},
                        {"summary", method.summary},
                        {"options", options}});
        if (context.json) continue;
        print(method.id + "  (" + method.paper + ")\n    " + method.formula + "\n    " + method.summary + "\n");
        for (const OptionDescriptor& d : method.options)
            print("      " + d.name + " = " + plain_text(d.default_value) + "  " + d.help + "\n");
    }
    if (context.json) print_json(list);
    return 0;
}

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

} // namespace

void add_lists(CLI::App& app, Context& context) {
    CLI::App* methods = app.add_subcommand("methods", "List the methods and their options");
    auto markdown = std::make_shared<bool>(false);
    auto pictures = std::make_shared<std::string>();
    methods->add_flag("--markdown", *markdown, "Print docs/METHODS.md");
    methods->add_option("--pictures", *pictures, "Write a picture of each method's sites to this folder (SVG)")
        ->type_name("FOLDER");
    add_json_flag(*methods, context);
    methods->callback([&context, markdown, pictures] {
        context.action = [&context, markdown, pictures] {
            return pictures->empty() ? list_methods(context, *markdown) : write_pictures(*pictures);
        };
    });
    CLI::App* tasks = app.add_subcommand("tasks", "List the available tasks");
    add_json_flag(*tasks, context);
    tasks->callback([&context] { context.action = [&context] { return list_all_tasks(context); }; });
}

} // namespace diapason::cli
