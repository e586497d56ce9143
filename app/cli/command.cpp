#include "app/cli/command.h"

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/text_table.h"
#include "core/base/visible_text.h"
#include "core/store/output_file.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <unistd.h>

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
    // Names of others stay as they are in files and pipes; a terminal would obey them.
    const std::string shown = ::isatty(STDOUT_FILENO) != 0 ? visible_lines(text) : text;
    if (std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size() && std::fflush(stdout) == 0) return;
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
    write_output_file(file, database_file(context, false), text);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::vector<std::string>> visible = rows;
    for (std::vector<std::string>& row : visible)
        for (std::string& cell : row)
            cell = visible_line(cell);
    print(text_table(visible));
}

} // namespace diapason::cli
