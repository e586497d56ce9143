// diapason-cli run list|show, and the child side of the process executor: run exec

#include "app/cli/listing.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/words.h"
#include "core/store/store_reader.h"
#include "experiments/run/engine_library.h"

#include <atomic>
#include <csignal>
#include <iostream>
#include <thread>
#include <unistd.h>

namespace diapason::cli {
namespace {

RunControl& control() {
    static RunControl control; // the listening thread may outlive everything else
    return control;
}

// Events for the parent. Behind its death there is nobody to tell, and what becomes of the run is not decided here.
void write_line(const std::string& line) {
    const std::string text = line + "\n";
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t n = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        done += static_cast<std::size_t>(n);
    }
}

// The run leaves a checkpoint within its current step, whoever asks for it.
void interrupt_on_signals() {
    static_assert(std::atomic<Stop>::is_always_lock_free);
    control(); // made before a signal can ask for it
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT})
        std::signal(signal, [](int) { control().stop = Stop::interrupt; });
    std::signal(SIGUSR1, SIG_IGN); // the program that started it answers
}

void follow_requests(bool outlives_parent) {
    std::string request;
    while (std::getline(std::cin, request)) {
        if (request == "pause") control().pause = true;
        if (request == "resume") control().pause = false;
        if (request == "cancel") control().stop = Stop::cancel;
        if (request == "interrupt") control().stop = Stop::interrupt;
    }
    // The parent is gone.
    if (outlives_parent)
        control().pause = false;
    else
        control().stop = Stop::interrupt;
}

// One run for a parent program: order in on the first line, events out, requests on further lines.
int execute_run() {
    interrupt_on_signals();
    std::string line;
    if (!std::getline(std::cin, line)) throw config_error("run exec", {}, "no order on standard input");
    const Json order = parse_json(line, "standard input");
    const RunSpec spec = run_spec_from_json(order.at("spec"), "standard input");
    const bool outlives_parent = order.at("outlives_parent").get<bool>();
    const RunPolicy policy{order.at("checkpoint_every_s").get<double>(), order.at("wait_for_storage_s").get<double>()};
    const RunPlace place{path_from_json(order.at("folder")), policy, order.at("inputs"), order.at("task"),
                         outlives_parent};
    std::thread(follow_requests, outlives_parent).detach();
    const RunState state = load_engine().run(
        spec, place, [](const RunEvent& event) { write_line(to_line(event)); }, control());
    // Neither the listener nor the tensor library's statics are waited for.
    std::_Exit(state == RunState::finished   ? 0
               : state == RunState::diverged ? static_cast<int>(ErrorKind::diverged)
               : state == RunState::cancelled || state == RunState::interrupted
                   ? static_cast<int>(ErrorKind::cancelled)
                   : static_cast<int>(ErrorKind::internal));
}

int list_runs(const Context& context, RowId study) {
    const StoreReader reader(database_file(context, true));
    return print_list<RunLine>(
        context, reader.run_lines(study),
        {{"id", "id", [](const RunLine& run) { return run.id; }},
         {nullptr, "uuid", [](const RunLine& run) { return run.uuid; }},
         {"study", "study", [](const RunLine& run) { return run.study; }},
         {"seed", "seed", [](const RunLine& run) { return run.seed; }},
         {"state", "state", [](const RunLine& run) { return name_of(run.state); }},
         {nullptr, "message", [](const RunLine& run) { return run.message; }},
         {nullptr, "steps_done", [](const RunLine& run) { return run.steps_done; }},
         {nullptr, "steps_total", [](const RunLine& run) { return run.steps_total; }},
         {"steps",
          nullptr,
          {},
          [](const RunLine& run) { return std::to_string(run.steps_done) + "/" + std::to_string(run.steps_total); }},
         {"arm", "arm", [](const RunLine& run) { return run.arm_label; }}});
}

int show_run(const Context& context, RowId id) {
    const StoreReader reader(database_file(context, true));
    const auto run = reader.run(id);
    if (!run) throw config_error("run", std::to_string(id), "there is no such run", "diapason-cli run list shows them");
    Json json = {{"id", run->id},
                 {"uuid", run->uuid},
                 {"study", run->study},
                 {"seed", run->seed},
                 {"state", name_of(run->state)},
                 {"message", run->message},
                 {"attempt", run->attempt},
                 {"steps_done", run->steps_done},
                 {"steps_total", run->steps_total},
                 {"trained", run->trained},
                 {"stored", run->stored},
                 {"stored_bits", run->stored_bits},
                 {"head", run->head},
                 {"fingerprint", run->fingerprint},
                 {"spec", run->spec},
                 {"environment", run->environment},
                 {"summary", run->summary}};
    Json series = Json::array();
    for (const SeriesRecord& s : reader.series(id)) {
        series.push_back(to_json(s.name));
        series.back().update({{"points", s.points}, {"last_step", s.last_step}, {"last_value", s.last_value}});
    }
    json["series"] = series;
    Json artifacts = Json::array();
    for (const ArtifactRecord& a : reader.artifacts(id))
        artifacts.push_back({{"kind", a.kind}, {"path", a.path}, {"sha256", a.sha256}, {"bytes", a.bytes}});
    json["artifacts"] = artifacts;
    if (context.json) {
        print_json(json);
        return 0;
    }
    // The specification comes first: it says what the run was.
    std::vector<std::vector<std::string>> facts = {{"run", std::to_string(id)}};
    const auto add = [&](const std::string& key, const Json& value) { facts.push_back({key, plain_text(value)}); };
    for (const auto& [key, value] : run->spec.items()) {
        if (!value.is_structured())
            add(key, value);
        else
            for (const auto& [name, option] : value.items())
                add("  " + name, option);
    }
    for (const auto& [key, value] : json.items()) {
        if (!value.is_structured() && key != "id" && key != "seed") add(key, value);
    }
    print_table(facts);
    std::vector<std::vector<std::string>> rows = {{"series", "points", "last step", "last value"}};
    for (const SeriesRecord& s : reader.series(id))
        rows.push_back(
            {text_of(s.name), std::to_string(s.points), std::to_string(s.last_step), format_number(s.last_value, 4)});
    print("\n");
    print_table(rows);
    return 0;
}

} // namespace

void add_run(CLI::App& app, Context& context) {
    CLI::App* run = app.add_subcommand("run", "Show stored runs");
    run->require_subcommand(1);
    CLI::App* list = run->add_subcommand("list", "List stored runs");
    auto study = std::make_shared<RowId>(0);
    list->add_option("--study", *study, "Only runs of this study");
    add_database(*list, context);
    add_json_flag(*list, context);
    list->callback([&context, study] { context.action = [&context, study] { return list_runs(context, *study); }; });
    CLI::App* show = run->add_subcommand("show", "Show everything about one run");
    auto id = std::make_shared<RowId>(0);
    show->add_option("id", *id, "Number of the run")->required();
    add_database(*show, context);
    add_json_flag(*show, context);
    show->callback([&context, id] { context.action = [&context, id] { return show_run(context, *id); }; });
    // Not for people: what isolated execution starts.
    run->add_subcommand("exec", "Execute one run for another program")->group("")->callback([&context] {
        context.action = execute_run;
    });
}

} // namespace diapason::cli
