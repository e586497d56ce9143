// diapason-cli verify, adapter, doctor, pretrain: what needs the engine itself

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/paths.h"
#include "core/base/words.h"
#include "core/library/library.h"
#include "core/store/database_check.h"
#include "core/store/schema.h"
#include "experiments/run/engine_library.h"

#include <sqlite3.h>

#include <sys/vfs.h>
#include <thread>

namespace diapason::cli {
namespace {

int verify(const Context& context, const std::string& folder, const std::string& only, const std::string& device,
           const std::string& backbones) {
    const std::filesystem::path named = backbones.empty() ? library_folder() : std::filesystem::path(backbones);
    const auto result = load_engine().verify(folder, only, device, named, [&](const std::string& line) {
        if (!context.json) print(line + "\n");
    });
    for (const std::string& note : result.notes)
        std::fputs(("note  " + note + "\n").c_str(), stderr);
    if (context.json)
        print_json(
            {{"passed", result.passed}, {"failed", result.failed}, {"checks", result.cases}, {"notes", result.notes}});
    else
        print(std::to_string(result.passed) + " passed, " + std::to_string(result.failed) + " failed\n");
    return result.failed == 0 && result.passed > 0 ? 0 : 1;
}

// WAL databases can be damaged by two connections that checkpoint at once in these versions; Diapason has one writer.
std::string sqlite_note() {
    return sqlite3_libversion_number() < 3051003 ? "has the WAL-reset bug; safe here, since only one connection writes"
                                                 : "good";
}

int doctor(const Context& context) {
    Json facts;
    facts["diapason"] = DIAPASON_VERSION;
    facts["program"] = program_folder().string();
    facts["resources"] = resource_folder().string();
    facts["home"] = home_folder().string();
    facts["database"] = database_file(context, false).string();
    facts["schema"] = schema_version;
    facts["sqlite"] = sqlite3_libversion();
    facts["sqlite_wal"] = sqlite_note();
    struct statfs disk {};
    if (::statfs(home_folder().c_str(), &disk) == 0) {
        char type[32];
        std::snprintf(type, sizeof type, "0x%lx", static_cast<unsigned long>(disk.f_type));
        facts["file_system"] = type;
        facts["free_space"] = format_bytes(static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_bsize));
    }
    int code = 0;
    if (std::error_code none; std::filesystem::exists(database_file(context, false), none)) {
        try {
            const std::vector<std::string> problems = database_problems(database_file(context, false), 1);
            facts["database_check"] = problems.empty() ? "good" : problems.front();
            if (!problems.empty()) code = static_cast<int>(ErrorKind::input);
        } catch (const Error& error) {
            facts["database_check"] = error.what();
            code = error.exit_code();
        }
    }
    facts["cores"] = std::thread::hardware_concurrency();
    try {
        const Json engine = load_engine().info().facts;
        for (const auto& [key, value] : engine.items())
            facts[key] = value;
        if (!engine.value("blas_is_torchs_own", true)) {
            code = 1;
            facts["problem"] =
                "another BLAS is loaded in place of LibTorch's own: matrix products may be several times slower";
        }
    } catch (const Error& error) {
        facts["problem"] = error.what();
        code = 1;
    }
    if (context.json) {
        print_json(facts);
    } else {
        std::vector<std::vector<std::string>> rows;
        for (const auto& [key, value] : facts.items())
            rows.push_back({key, plain_text(value)});
        print_table(rows);
    }
    return code;
}

struct PretrainRequest {
    std::string recipe, corpus, out;
    std::int64_t steps = 0;
    int threads = 1;
    double time_limit = 0;
    bool fresh = false;
};

int pretrain(const PretrainRequest& request) {
    Json overrides = {{"threads", request.threads}, {"fresh", request.fresh}};
    if (!request.corpus.empty()) overrides["corpus_folder"] = request.corpus;
    if (!request.out.empty()) overrides["out"] = request.out;
    if (request.steps > 0) overrides["steps"] = request.steps;
    if (request.time_limit > 0) overrides["time_limit_s"] = request.time_limit;
    static RunControl control;
    watch_interrupts();
    std::thread([] {
        while (interrupts() == 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        control.stop = Stop::interrupt;
    }).detach();
    load_engine().pretrain(
        request.recipe, overrides, [](const std::string& line) { print(line + "\n"); }, control);
    return 0;
}

} // namespace

void add_verify(CLI::App& app, Context& context) {
    CLI::App* command =
        app.add_subcommand("verify", "Check this engine against golden cases from independent implementations");
    auto folder = std::make_shared<std::string>();
    auto only = std::make_shared<std::string>();
    auto device = std::make_shared<std::string>("cpu");
    command->add_option("folder", *folder, "A case, or a folder of cases")->required();
    command->add_option("--only", *only, "Only cases whose path contains this")->type_name("TEXT");
    command->add_option("--device", *device, "cpu, cuda, cuda:N or auto")->capture_default_str();
    auto backbones = std::make_shared<std::string>();
    command
        ->add_option("--backbones", *backbones,
                     "Folder of the backbones used by cases on real weights (default: the library)")
        ->envname("DIAPASON_BACKBONES")
        ->type_name("FOLDER");
    add_json_flag(*command, context);
    command->callback([&context, folder, only, device, backbones] {
        context.action = [&context, folder, only, device, backbones] {
            return verify(context, *folder, *only, *device, *backbones);
        };
    });
}

void add_adapter(CLI::App& app, Context& context) {
    CLI::App* command =
        app.add_subcommand("adapter", "Convert a run's stored adapter into a folder that another library can load");
    auto adapter = std::make_shared<std::string>();
    auto folder = std::make_shared<std::string>();
    auto layout = std::make_shared<std::string>("peft");
    command->add_option("adapter", *adapter, "A run's adapter.safetensors")->required();
    command->add_option("folder", *folder, "The folder to write")->required();
    command->add_option("--layout", *layout, "Layout of the folder: PEFT or AdapterHub")
        ->check(CLI::IsMember({"peft", "adapterhub"}))
        ->capture_default_str();
    command->callback([&context, adapter, folder, layout] {
        context.action = [adapter, folder, layout] {
            load_engine().export_adapter(*adapter, *folder, *layout);
            return 0;
        };
    });
}

void add_doctor(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand("doctor", "Show versions, device, BLAS, threads, file system and paths");
    add_database(*command, context);
    add_json_flag(*command, context);
    command->callback([&context] { context.action = [&context] { return doctor(context); }; });
}

void add_pretrain(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand("pretrain", "Train a small backbone from a recipe; continues after a stop");
    auto request = std::make_shared<PretrainRequest>();
    command->add_option("recipe", request->recipe, "Recipe file (resources/recipes)")->required()->type_name("FILE");
    command
        ->add_option("--corpus", request->corpus, "Folder with the recipe's text files (tools/build-data makes them)")
        ->type_name("FOLDER");
    command->add_option("--out", request->out, "Folder for weights and log (default: the recipe's backbone folder)")
        ->type_name("FOLDER");
    command->add_option("--steps", request->steps, "Number of steps, instead of the recipe's");
    command->add_option("--threads", request->threads, "Number of threads")->capture_default_str();
    command->add_option("--time-limit", request->time_limit, "Time limit in seconds; the schedule ends there")
        ->type_name("SECONDS");
    command->add_flag("--fresh", request->fresh, "Start over even if there is a checkpoint");
    command->callback([&context, request] { context.action = [request] { return pretrain(*request); }; });
}

} // namespace diapason::cli
