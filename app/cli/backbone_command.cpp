// diapason-cli backbone import|list|show|check|remove

#include "app/cli/listing.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/paths.h"
#include "core/library/import.h"
#include "experiments/run/engine_library.h"
#include "experiments/study/backbone_use.h"

#include <unistd.h>

namespace diapason::cli {
namespace {

// One line that changes on a terminal; in a log a line a phase. Always on standard error.
Watch watch_on_terminal() {
    watch_interrupts();
    Watch watch;
    watch.cancelled = [] { return interrupts() > 0; };
    watch.progress = [last = std::string(), percent = -1](const std::string& what, double share) mutable {
        const int now = static_cast<int>(share * 100);
        const bool terminal = ::isatty(STDERR_FILENO) != 0;
        if (what == last && (!terminal || now == percent)) return;
        last = what;
        percent = now;
        std::fprintf(stderr, terminal ? "\r\033[K%3d %%  %s" : "%3d %%  %s\n", now, what.c_str());
        if (terminal && share >= 1) std::fputc('\n', stderr);
    };
    return watch;
}

Json canary_of(const std::filesystem::path& folder) {
    return load_engine().canary(folder);
}

std::string text_of(const Json& facts, const char* key, const char* otherwise = "–") {
    const auto found = facts.find(key);
    return found != facts.end() && found->is_string() && !found->get<std::string>().empty() ? found->get<std::string>()
                                                                                            : otherwise;
}

std::string count_of(const Json& facts, const char* key) {
    return format_count(facts.at(key).get<std::int64_t>());
}

int import(const Context& context, const std::string& path, const std::string& name) {
    const BackboneRecord record = import_backbone(path, name, canary_of, watch_on_terminal());
    if (context.json) {
        print_json(to_json(record));
        return 0;
    }
    print("Imported " + record.name + ": " + record.family + ", " + format_count(record.parameters) + " parameters, " +
          record.dtype + ", licence " + (record.licence.empty() ? "unknown" : record.licence) + "\n");
    for (const std::string& note : record.notes)
        print("  " + note + "\n");
    return 0;
}

// A folder of the library, or why it cannot be read: one of these must not hide the others.
struct Listed {
    BackboneEntry entry;
    Json facts; ///< empty when it cannot be read
    std::string error;
};

Listed listed(const BackboneEntry& entry) {
    try {
        const BackboneConfig config = read_backbone_config(entry.folder);
        const auto record = read_record(entry.folder);
        return {entry,
                {{"family", config.family},
                 {"layers", config.layers},
                 {"width", config.width},
                 {"parameters", config.parameter_count()},
                 {"bytes", folder_bytes(entry.folder)},
                 {"origin", entry.embedded ? "embedded"
                            : record       ? record->origin
                                           : "folder"},
                 {"licence", record ? record->licence : ""}},
                {}};
    } catch (const Error& error) {
        return {entry, {}, error.what()};
    }
}

int list(const Context& context) {
    std::vector<Listed> all;
    for (const BackboneEntry& entry : list_backbones())
        all.push_back(listed(entry));
    using Text = std::function<std::string(const Json&)>;
    const auto fact = [](const char* heading, const char* key, const Text& text = plain_text) -> Column<Listed> {
        return {heading, key, [key](const Listed& item) { return item.facts.value(key, Json()); },
                [key, text](const Listed& item) { return item.error.empty() ? text(item.facts.at(key)) : "–"; }};
    };
    const Text count = [](const Json& value) { return format_count(value.get<std::int64_t>()); };
    const Text bytes = [](const Json& value) { return format_bytes(value.get<double>()); };
    return print_list<Listed>(
        context, all,
        {{"name", "name", [](const Listed& item) { return item.entry.name; }},
         fact("family", "family"),
         fact("layers", "layers"),
         fact("width", "width"),
         fact("parameters", "parameters", count),
         fact("size", "bytes", bytes),
         {"origin", "origin", [](const Listed& item) { return item.facts.value("origin", Json()); },
          [](const Listed& item) {
              return item.error.empty() ? item.facts.at("origin").get<std::string>() : item.error;
          }},
         {nullptr, "embedded", [](const Listed& item) { return item.entry.embedded; }},
         fact(nullptr, "licence"),
         {nullptr, "folder", [](const Listed& item) { return item.entry.folder.string(); }},
         {nullptr, "error", [](const Listed& item) { return item.error.empty() ? Json() : Json(item.error); }}});
}

int show(const Context& context, const std::string& name) {
    const Json facts = describe_backbone(find_backbone(name));
    if (context.json) {
        print_json(facts);
        return 0;
    }
    print_table({{"name", text_of(facts, "name")},
                 {"folder", text_of(facts, "folder")},
                 {"family", text_of(facts, "family") + " (" + text_of(facts, "model_type") + ")"},
                 {"parameters", count_of(facts, "parameters")},
                 {"size", format_bytes(facts.at("bytes").get<double>()) + ", " + text_of(facts, "dtype")},
                 {"layers", count_of(facts, "layers") + " of width " + count_of(facts, "width") + ", " +
                                count_of(facts, "heads") + " heads, feed-forward " + count_of(facts, "ffn_width")},
                 {"vocabulary", count_of(facts, "vocabulary") + ", positions " + count_of(facts, "positions") +
                                    (facts.at("window") > 0 ? ", sliding window " + count_of(facts, "window") : "")},
                 {"licence", text_of(facts, "licence", "unknown")},
                 {"origin", text_of(facts, "origin", facts.at("embedded").get<bool>() ? "embedded" : "folder")},
                 {"source", text_of(facts, "source")},
                 {"imported", text_of(facts, "imported_at")}});
    const Json& tokenizer = facts.at("tokenizer");
    print("\ntokenizer  " + text_of(tokenizer, "error", text_of(tokenizer, "kind").c_str()) +
          (tokenizer.contains("pieces") ? ", " + count_of(tokenizer, "pieces") + " pieces" : "") + "\n\n");
    std::vector<std::vector<std::string>> sites = {{"site", "in", "out"}};
    for (const Json& site : facts.at("sites"))
        sites.push_back({text_of(site, "site"), count_of(site, "in"), count_of(site, "out")});
    print_table(sites);
    print("\n");
    std::vector<std::vector<std::string>> tensors = {{"tensor", "shape", "times", "parameters"}};
    for (const Json& tensor : facts.at("tensors"))
        tensors.push_back({text_of(tensor, "name"), tensor.at("shape").dump(), count_of(tensor, "count"),
                           count_of(tensor, "parameters")});
    print_table(tensors);
    if (facts.contains("files")) {
        print("\n");
        std::vector<std::vector<std::string>> files = {{"file", "bytes", "sha256"}};
        for (const Json& file : facts.at("files"))
            files.push_back({text_of(file, "name"), count_of(file, "bytes"), text_of(file, "sha256")});
        print_table(files);
    }
    return 0;
}

int check(const Context& context, const std::string& name) {
    const BackboneEntry entry = find_backbone(name);
    const auto record = read_record(entry.folder);
    const Watch watch = watch_on_terminal();
    std::vector<std::string> wrong;
    if (record) wrong = check_files(entry.folder, *record, watch);
    if (wrong.empty()) { // damaged files are not worth a sentence
        watch.report("running a test sentence", 0.9);
        const Json now = canary_of(entry.folder);
        if (const std::string why = record ? compare_canary(record->canary, now) : std::string(); !why.empty())
            wrong.push_back(why);
    }
    watch.heed();
    watch.report("checked", 1);
    if (context.json) {
        print_json({{"name", entry.name}, {"recorded", record.has_value()}, {"good", wrong.empty()}, {"wrong", wrong}});
    } else if (wrong.empty()) {
        print(record ? entry.name + ": files and canary sentence match the import record\n"
                     : entry.name + ": loads and runs; it was not imported, so there is no record to compare with\n");
    }
    if (!context.json) {
        for (const std::string& line : wrong)
            print(entry.name + ": " + line + "\n");
    }
    return wrong.empty() ? 0 : static_cast<int>(ErrorKind::input);
}

int remove(const Context& context, const std::string& name, bool force) {
    const std::filesystem::path database = database_file(context, !context.database.empty());
    if (!force && std::filesystem::exists(database)) {
        for (const BackboneEntry& entry : list_backbones()) {
            if (entry.name != name || entry.embedded) continue;
            std::string users;
            for (const StudyRecord& study : studies_using(StoreReader(database), entry))
                users += "\n  #" + std::to_string(study.id) + "  " + study.title;
            if (!users.empty())
                throw config_error("backbone", name,
                                   "stored studies use it and could not be run again without it:" + users,
                                   "\nUse --force to remove it anyway");
        }
    }
    remove_backbone(name);
    if (context.json)
        print_json({{"removed", name}});
    else
        print("Removed " + name + "\n");
    return 0;
}

} // namespace

void add_backbone(CLI::App& app, Context& context) {
    CLI::App* backbone =
        app.add_subcommand("backbone", "Manage the backbone library: import, list, show, check, remove");
    backbone->require_subcommand(1);
    const auto name = std::make_shared<std::string>();

    CLI::App* importer = backbone->add_subcommand(
        "import",
        "Copy a backbone into the library; everything is checked first, and a failed import leaves nothing behind");
    const auto path = std::make_shared<std::string>();
    importer
        ->add_option(
            "path", *path,
            "Hugging Face folder (config.json, tokenizer, model.safetensors or pytorch_model.bin), or a .gguf file")
        ->required()
        ->type_name("PATH");
    importer->add_option("--name", *name, "Name in the library (default: the folder's)");
    add_json_flag(*importer, context);
    importer->callback(
        [&context, path, name] { context.action = [&context, path, name] { return import(context, *path, *name); }; });

    // `backbones` stands beside `methods` and `tasks`.
    for (CLI::App* lister : {backbone->add_subcommand("list", "List the available backbones"),
                             app.add_subcommand("backbones", "List the available backbones")}) {
        add_json_flag(*lister, context);
        lister->callback([&context] { context.action = [&context] { return list(context); }; });
    }

    CLI::App* shower = backbone->add_subcommand("show", "Show sizes, sites, tensors, tokenizer, licence and files");
    shower->add_option("backbone", *name, "Name or folder")->required();
    add_json_flag(*shower, context);
    shower->callback([&context, name] { context.action = [&context, name] { return show(context, *name); }; });

    CLI::App* checker = backbone->add_subcommand(
        "check", "Compare the files and the hidden states of a test sentence with the import record");
    checker->add_option("backbone", *name, "Name or folder")->required();
    add_json_flag(*checker, context);
    checker->callback([&context, name] { context.action = [&context, name] { return check(context, *name); }; });

    // For the window, whose own process may be training at that moment.
    CLI::App* canary =
        backbone->add_subcommand("canary", "Print what the engine computes for a test sentence")->group("");
    canary->add_option("backbone", *name, "Name or folder")->required();
    canary->callback([&context, name] {
        context.action = [name] {
            print_json(canary_of(find_backbone(*name).folder));
            return 0;
        };
    });

    CLI::App* remover = backbone->add_subcommand("remove", "Delete an imported backbone; this cannot be undone");
    const auto force = std::make_shared<bool>(false);
    remover->add_option("backbone", *name, "Name")->required();
    remover->add_flag("--force", *force, "Even if stored studies use it");
    add_database(*remover, context);
    add_json_flag(*remover, context);
    remover->callback([&context, name, force] {
        context.action = [&context, name, force] { return remove(context, *name, *force); };
    });
}

} // namespace diapason::cli
