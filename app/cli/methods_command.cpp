// diapason-cli methods: what can be compared

#include "app/cli/command.h"
#include "core/base/atomic_file.h"
#include "core/base/words.h"
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

} // namespace

void add_methods(CLI::App& app, Context& context) {
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
}

} // namespace diapason::cli
