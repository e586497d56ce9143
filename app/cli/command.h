// A command of diapason-cli: adds its options to the parser and says what to run. One file a group, listed in
// commands().
#pragma once

#include "core/base/json.h"

#include <CLI/CLI.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace diapason::cli {

/// Returned by a command: the exit code of the program.
using Action = std::function<int()>;

/// What commands share.
struct Context {
    bool json = false;
    std::string database; ///< empty = the default one
    Action action;        ///< set by the chosen subcommand's callback
};

void add_study(CLI::App& app, Context& context);
void add_study_budget(CLI::App& study, Context& context); ///< a subcommand of study
void add_run(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_db(CLI::App& app, Context& context); ///< check, repair, backup
void add_verify(CLI::App& app, Context& context);
void add_adapter(CLI::App& app, Context& context);
void add_inspect(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_pretrain(CLI::App& app, Context& context);
void add_backbone(CLI::App& app, Context& context);
void add_methods(CLI::App& app, Context& context);
void add_tasks(CLI::App& app, Context& context); ///< and show, check, preview, add
void add_score(CLI::App& app, Context& context); ///< score, metrics

/// `--json` on a subcommand.
void add_json_flag(CLI::App& app, Context& context);
/// `--db` on a subcommand.
void add_database(CLI::App& app, Context& context);
/// The chosen or default database. @throws Error(config) when it does not exist and must
std::filesystem::path database_file(const Context& context, bool must_exist);

/// Set by SIGINT and SIGTERM after watch_interrupts(); a second signal ends the program at once.
std::atomic<int>& interrupts();
void watch_interrupts();
/// Set by SIGUSR1 after watch_interrupts(): somebody wants to know how it gets on.
std::atomic<bool>& progress_wanted();

void print(const std::string& text); ///< @throws Error(storage) when it cannot be written, as on a full disk
void print_json(const Json& json);
/// A message on standard error; what a terminal would obey is only shown.
void complain(const std::string& text);

/// The file of an --out. @throws Error(storage) when it cannot be written, and when a database would be lost for it
void write_output(const Context& context, const std::filesystem::path& file, const std::string& text);

/// Rows with aligned columns; the first row is the heading.
void print_table(const std::vector<std::vector<std::string>>& rows);

} // namespace diapason::cli
