// diapason-cli: everything that Diapason does, without a window.

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/base/options.h"
#include "core/base/paths.h"
#include "core/base/process.h"
#include "core/base/words.h"

#include <cstdio>
#include <filesystem>
#include <iostream>
#include <new>
#include <sstream>
#include <string>
#include <vector>

namespace {

// Names the commands that could have been meant, where the parser would only say that one is missing.
std::string explain(const CLI::App* app, const CLI::Error& error) {
    while (!app->get_subcommands().empty())
        app = app->get_subcommands().front();
    std::vector<std::string> names;
    for (const CLI::App* command : app->get_subcommands(nullptr))
        names.push_back(command->get_name());
    std::string text = "error: " + std::string(error.what());
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !names.empty()) {
        const std::vector<std::string> given = app->remaining();
        const std::string remedy = given.empty() ? "" : diapason::did_you_mean(given.front(), names);
        text = given.empty() ? "error: a command is needed" : "error: there is no command \"" + given.front() + "\"";
        if (!remedy.empty()) text += ". " + remedy;
        text += "\n" + app->get_name() + " commands:";
        for (const std::string& name : names)
            text += " " + name;
    }
    return text + "\nSee --help for more\n";
}

int ended_by(const diapason::Error& error) {
    diapason::cli::complain(std::string("error: ") + error.what());
    return error.exit_code();
}

} // namespace

int main(int argc, char** argv) {
    using namespace diapason;
    prepare_process();
    CLI::App app("Compares parameter-efficient tuning methods of language models", "diapason-cli");
    app.set_version_flag("--version", std::string("Diapason ") + DIAPASON_VERSION);
    std::string home;
    app.add_option("--home", home, "Folder of the user's data (default: DIAPASON_HOME, then ~/.local/share/diapason)")
        ->type_name("FOLDER");
    app.require_subcommand(1);
    app.failure_message(explain);
    app.footer(
        "Exit codes: 0 success, 2 configuration, 3 input file, 4 storage, 5 memory, 6 diverged, 7 locked, 8 newer "
        "database, 75 stopped");
    cli::Context context;
    cli::add_study(app, context);
    cli::add_run(app, context);
    cli::add_export(app, context);
    cli::add_methods(app, context);
    cli::add_tasks(app, context);
    cli::add_backbone(app, context);
    cli::add_db(app, context);
    cli::add_verify(app, context);
    cli::add_score(app, context);
    cli::add_adapter(app, context);
    cli::add_inspect(app, context);
    cli::add_doctor(app, context);
    cli::add_pretrain(app, context);
    try {
        app.parse(argc, argv);
        if (!home.empty()) set_home_folder(home);
        return context.action();
    } catch (const CLI::ParseError& error) {
        std::ostringstream help; // or the version
        const bool asked = app.exit(error, help, std::cerr) == 0;
        try {
            cli::print(help.str());
        } catch (const Error& problem) {
            return ended_by(problem);
        }
        return asked ? 0 : static_cast<int>(ErrorKind::config);
    } catch (const Error& error) {
        return ended_by(error);
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "error: not enough memory\n");
        return static_cast<int>(ErrorKind::memory);
    } catch (const std::filesystem::filesystem_error& error) { // a folder without rights, a name that is too long
        cli::complain("error: " + error.path1().string() + ": " + error.code().message());
        return static_cast<int>(ErrorKind::storage);
    } catch (const std::exception& error) {
        diapason::cli::complain(std::string("error: ") + error.what());
        return static_cast<int>(ErrorKind::internal);
    }
}
