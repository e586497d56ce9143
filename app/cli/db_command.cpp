// diapason-cli db check|repair|backup

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/base/visible_text.h"
#include "core/store/backup.h"
#include "core/store/database_check.h"
#include "core/store/salvage.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "experiments/run/recovered_runs.h"

namespace diapason::cli {
namespace {

namespace fs = std::filesystem;

int check(const Context& context) {
    const fs::path file = database_file(context, true);
    const std::vector<std::string> problems = database_problems(file);
    if (context.json) {
        print_json({{"database", file.string()}, {"problems", problems}});
    } else if (problems.empty()) {
        print(file.string() + ": nothing is wrong\n");
    } else {
        std::string text;
        for (const std::string& problem : problems)
            text += visible_line(problem) + "\n";
        print(text);
        complain("diapason-cli db repair saves what can be read");
    }
    return problems.empty() ? 0 : static_cast<int>(ErrorKind::input);
}

// The files of runs lie beside a database of any name; links cost no room, and nothing writes into a file that is
// there.
void link_files(const fs::path& from, const fs::path& to) {
    std::error_code none;
    for (const auto& item : fs::recursive_directory_iterator(from, none)) {
        std::error_code error;
        const fs::path target = to / fs::relative(item.path(), from);
        if (item.is_directory(error)) {
            fs::create_directories(target, error);
        } else if (item.is_regular_file(error) && !item.is_symlink(error)) {
            fs::create_hard_link(item.path(), target, error);
            if (error) fs::copy_file(item.path(), target, error);
        }
        if (error)
            throw Error(ErrorKind::storage, {"cannot be written: " + error.message(), target.string(), {}, {}, {}});
    }
}

int repair(const Context& context, const std::string& out) {
    const fs::path file = database_file(context, true);
    fs::path target = out;
    if (out.empty()) {
        target = file;
        target.replace_filename(file.stem().string() + "-repaired" + file.extension().string());
    }
    const Salvaged salvaged = salvage_database(file, target);
    link_files(files_folder_of(file), files_folder_of(target));
    RecoveredRuns recovered;
    {
        Store store(target);
        recovered = recover_run_folders(store);
    }
    std::vector<std::string> notes = salvaged.losses;
    const std::vector<std::string> problems = database_problems(target);
    notes.insert(notes.end(), problems.begin(), problems.end());
    notes.insert(notes.end(), recovered.notes.begin(), recovered.notes.end());
    if (context.json) {
        print_json({{"database", target.string()},
                    {"rows", salvaged.rows},
                    {"recovered_runs", recovered.runs},
                    {"notes", notes}});
        return 0;
    }
    std::string text;
    for (const std::string& note : notes)
        text += visible_line(note) + "\n";
    text += target.string() + ": " + std::to_string(salvaged.rows.at("study")) + " studies, " +
            std::to_string(salvaged.rows.at("run")) + " runs and " + std::to_string(salvaged.rows.at("point")) +
            " points could be read";
    if (recovered.runs > 0)
        text += ", " + std::to_string(recovered.runs) + " more runs are queued again, which only their folders knew";
    print(text + "\n" + file.string() + " is as it was\n");
    return 0;
}

int backup(const Context& context) {
    const fs::path file = database_file(context, true);
    const StoreReader reader(file); // a damaged one would take the place of a good copy
    const fs::path copy = back_up(file, false);
    if (context.json)
        print_json({{"database", file.string()}, {"backup", copy.string()}});
    else
        print(copy.string() + "\n");
    return 0;
}

} // namespace

void add_db(CLI::App& app, Context& context) {
    CLI::App* db = app.add_subcommand("db", "Check, repair and back up a database");
    db->require_subcommand(1);
    const auto command = [&](const char* name, const char* help) {
        CLI::App* sub = db->add_subcommand(name, help);
        add_database(*sub, context);
        add_json_flag(*sub, context);
        return sub;
    };
    command("check", "Find what is wrong with a database; change nothing")->callback([&context] {
        context.action = [&context] { return check(context); };
    });
    CLI::App* mend =
        command("repair", "Save what can be read of a damaged database, and its runs' folders, in a new one");
    auto out = std::make_shared<std::string>();
    mend->add_option("--out", *out, "The new database (default: NAME-repaired.db beside it)")->type_name("FILE");
    mend->callback([&context, out] { context.action = [&context, out] { return repair(context, *out); }; });
    command("backup", "Make a backup now; there is one a day anyway, and the latest three are kept")
        ->callback([&context] { context.action = [&context] { return backup(context); }; });
}

} // namespace diapason::cli
