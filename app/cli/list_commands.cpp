// diapason-cli methods, tasks: what can be compared, on what

#include "app/cli/command.h"
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
    std::filesystem::create_directories(folder);
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
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows = {{"id", "kind", "labels", "metric", "description"}};
    for (const Task& task : list_tasks()) {
        const std::string kind = task.kind->name();
        rows.push_back({task.id, kind, task.labels.empty() ? "–" : std::to_string(task.labels.size()),
                        task.primary_metric, task.description});
        list.push_back({{"id", task.id},
                        {"title", task.title},
                        {"kind", kind},
                        {"labels", task.labels.size()},
                        {"metrics", task.metrics},
                        {"description", task.description}});
    }
    if (context.json)
        print_json(list);
    else
        print_table(rows);
    return 0;
}

} // namespace

void add_lists(CLI::App& app, Context& context) {
    CLI::App* methods = app.add_subcommand("methods", "Methods with their options");
    auto markdown = std::make_shared<bool>(false);
    auto pictures = std::make_shared<std::string>();
    methods->add_flag("--markdown", *markdown, "Print docs/METHODS.md");
    methods->add_option("--pictures", *pictures, "Write a picture of each method's sites into this folder (SVG)")
        ->type_name("FOLDER");
    add_json_flag(*methods, context);
    methods->callback([&context, markdown, pictures] {
        context.action = [&context, markdown, pictures] {
            return pictures->empty() ? list_methods(context, *markdown) : write_pictures(*pictures);
        };
    });
    CLI::App* tasks = app.add_subcommand("tasks", "Tasks that can be named");
    add_json_flag(*tasks, context);
    tasks->callback([&context] { context.action = [&context] { return list_all_tasks(context); }; });
}

} // namespace diapason::cli
