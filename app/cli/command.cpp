#include "app/cli/command.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/text_table.h"
#include "core/base/visible_text.h"
#include "core/store/database_check.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace diapason::cli {

void add_json_flag(CLI::App& app, Context& context) {
    app.add_flag("--json", context.json, "Print JSON");
}

void add_database(CLI::App& app, Context& context) {
    app.add_option("--db", context.database, "Database file (default: diapason.db in the data folder)")
        ->type_name("FILE");
}

std::filesystem::path database_file(const Context& context, bool must_exist) {
    std::filesystem::path file =
        context.database.empty() ? default_database() : std::filesystem::path(context.database);
    if (must_exist && !std::filesystem::exists(file)) {
        throw config_error("--db", file.string(), "there is no such database", "diapason-cli study run creates one");
    }
    return file;
}

std::atomic<int>& interrupts() {
    static std::atomic<int> count{0};
    return count;
}

std::atomic<bool>& progress_wanted() {
    static std::atomic<bool> wanted{false};
    return wanted;
}

void watch_interrupts() {
    const auto handler = [](int) {
        if (++interrupts() > 1) std::_Exit(75);
    };
    std::signal(SIGINT, handler);
    if (std::signal(SIGHUP, handler) == SIG_IGN) std::signal(SIGHUP, SIG_IGN); // nohup
    std::signal(SIGTERM, handler);
    std::signal(SIGQUIT, handler);
    std::signal(SIGUSR1, [](int) { progress_wanted() = true; });
}

void print(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
    throw Error(ErrorKind::storage,
                {std::strerror(errno), "standard output", {}, {}, "Free some space, or write to another file"});
}

void print_json(const Json& json) {
    print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void complain(const std::string& text) {
    std::fprintf(stderr, "%s\n", visible_lines(text).c_str());
}

void write_output(const Context& context, const std::filesystem::path& file, const std::string& text) {
    std::error_code none; // a FIFO would not be opened before somebody writes to it
    std::string start(15, '\0');
    const bool database = std::filesystem::is_regular_file(file, none) &&
                          std::ifstream(file, std::ios::binary).read(start.data(), 15) && start == "SQLite format 3";
    if (database || belongs_to_database(file, database_file(context, false)))
        throw Error(
            ErrorKind::storage,
            {"is a database or belongs to one, so it is not replaced", file.string(), {}, {}, "Choose another name"});
    write_file_atomically(file, text);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::vector<std::string>> visible = rows;
    for (std::vector<std::string>& row : visible)
        for (std::string& cell : row)
            cell = visible_line(cell);
    print(text_table(visible));
}

} // namespace diapason::cli
