// diapason-cli study run|check|list|show|samples|schema; study budget has a file of its own

#include "app/cli/listing.h"
#include "app/cli/progress_line.h"
#include "app/cli/waiting_line.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/visible_text.h"
#include "core/data/task.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"
#include "core/text/unicode.h"
#include "experiments/results/export.h"
#include "experiments/run/engine_library.h"
#include "experiments/run/study_session.h"
#include "experiments/study/plan_inputs.h"
#include "experiments/study/seeds.h"
#include "experiments/study/study_schema.h"

#include <chrono>
#include <optional>
#include <set>
#include <utility>

namespace diapason::cli {
namespace {

struct RunRequest {
    std::string file, sample, executor = "processes", seeds, task, backbone, device;
    int jobs = 0;
    RunPolicy policy;
    bool outlive = false;
    RowId continued = 0;
    bool quiet = false;
};

// The study that is asked for, read and checked once; it goes from here to the session. @param reader null: none that
// is stored can be asked for
Plan requested_plan(const RunRequest& request, const StoreReader* reader) {
    for (const auto& [option, value] :
         {std::pair{"--task", &request.task}, std::pair{"--backbone", &request.backbone}}) {
        if (find_invalid_utf8(*value) != std::string::npos)
            throw config_error(option, visible_line(*value), "is not UTF-8", "Rename the file or folder");
    }
    const int given = !request.file.empty() + !request.sample.empty() + (request.continued != 0);
    if (given != 1) throw config_error("study run", {}, "give a study file, --sample NAME or --continue ID");
    PlanSources sources;
    if (reader != nullptr && request.continued != 0) {
        const auto stored = reader->study(request.continued);
        if (!stored)
            throw config_error("--continue", std::to_string(request.continued), "there is no such study",
                               "diapason-cli study list shows them");
        return plan_of_stored(*stored, sources);
    }
    PlanStart start;
    Study study = request.sample.empty() ? read_study(request.file, &start.problems) : sample_study(request.sample);
    if (!request.seeds.empty()) study.seeds = parse_seeds(request.seeds, "--seeds");
    if (!request.task.empty()) study.task = request.task;
    if (!request.backbone.empty()) study.backbone = request.backbone;
    if (!request.device.empty()) study.device = request.device;
    Plan plan = make_plan(study, sources, std::move(start));
    plan.require_sound(request.file.empty() ? study.title : request.file);
    return plan;
}

// What the plan's runs need is there: rows, tokenizers, the device. @throws Error, before anything is stored
void check_needs(const Plan& plan) {
    if (plan.study.device != "cpu" && plan.study.device != "auto") load_engine().require_device(plan.study.device);
    while_waiting([&] { InputCheck().require(plan); });
}

// The kinds of ends that runs come to, the gravest first: a defect, what hits all later runs too, what the user gave.
constexpr ErrorKind by_gravity[] = {ErrorKind::internal, ErrorKind::storage,      ErrorKind::memory,
                                    ErrorKind::input,    ErrorKind::incompatible, ErrorKind::config,
                                    ErrorKind::locked,   ErrorKind::diverged,     ErrorKind::cancelled};

// Of the gravest end that a run came to; 0 when all have finished.
int exit_code_of(const QueueStatus& status) {
    std::set<ErrorKind> kinds;
    for (const QueueEntry& entry : status.entries) {
        if (entry.state != RunState::finished)
            kinds.insert(entry.state == RunState::failed     ? entry.error
                         : entry.state == RunState::diverged ? ErrorKind::diverged
                                                             : ErrorKind::cancelled);
    }
    for (const ErrorKind kind : by_gravity) {
        if (kinds.contains(kind)) return static_cast<int>(kind);
    }
    return 0;
}

// Shows how the study gets on and passes a request to end on. While results cannot be stored its runs wait.
// @return why they could not be for so long that it was stopped; it can be continued
std::optional<std::string> wait_for_end(StudySession& session, const RunRequest& request, ProgressLine& progress) {
    using Clock = std::chrono::steady_clock;
    std::optional<std::string> given_up;
    std::string stalled;
    Clock::time_point since;
    bool stopping = false;
    while (!session.wait(std::chrono::milliseconds(100))) {
        const QueueStatus status = session.status();
        if (!request.quiet) progress.show(status);
        if (progress_wanted().exchange(false)) progress.tell(status);
        if (std::exchange(stalled, status.stalled).empty() != status.stalled.empty()) {
            since = Clock::now();
            if (!request.quiet) progress.clear();
            complain(stalled.empty() ? "Results can be stored again; the runs go on." : "The runs wait: " + stalled);
        }
        const bool too_long = !stalled.empty() && std::chrono::duration<double>(Clock::now() - since).count() >
                                                      request.policy.wait_for_storage_s;
        if (stopping || (interrupts() == 0 && !too_long)) continue;
        stopping = true;
        if (too_long) given_up = stalled;
        session.interrupt_all();
    }
    return given_up;
}

// A study that is refused leaves nothing, not even an empty database; a stored one that cannot be read stays as it is.
Plan planned_run(const RunRequest& request, const std::filesystem::path& database) {
    if (request.continued != 0) {
        const StoreReader reader(database);
        Plan plan = requested_plan(request, &reader);
        result_table(reader, request.continued); // all that is read of it in the end
        return plan;                             // what it reads of files is compared by its runs
    }
    Plan plan = requested_plan(request, nullptr);
    check_needs(plan);
    return plan;
}

int run_study(const Context& context, const RunRequest& request) {
    watch_interrupts(); // before anything is stored: from there on a request to end is answered by 75
    const std::filesystem::path file = database_file(context, request.continued != 0);
    if (request.executor != "processes" && request.executor != "thread")
        throw config_error("--executor", request.executor, "must be processes or thread");
    const Plan plan = planned_run(request, file);
    Store store(file);
    const StoreReader reader(file);
    auto executor =
        request.executor == "thread" ? make_thread_executor() : make_process_executor(request.jobs, request.outlive);
    StudySession session(store, std::move(executor), plan,
                         request.continued != 0 ? std::optional<RowId>(request.continued) : std::nullopt,
                         request.policy);
    if (!request.quiet) {
        complain(plan.study.title + ": " + std::to_string(session.status().entries.size()) +
                 (session.status().entries.size() == 1 ? " run on " : " runs on ") + session.executor_description());
    }
    ProgressLine progress;
    session.start();
    const std::optional<std::string> stalled = wait_for_end(session, request, progress);
    if (!request.quiet) {
        progress.show(session.status());
        progress.clear();
    }
    // The table holds what is stored, whatever could not be.
    std::optional<Error> lost;
    try {
        store.flush();
    } catch (const Error& error) {
        lost = error;
    }
    const QueueStatus status = session.status();
    const ResultTable table = result_table(reader, session.study_id());
    print(render(table, context.json ? TableFormat::json : TableFormat::text));
    for (const QueueEntry& entry : status.entries) {
        if (entry.state != RunState::failed && entry.state != RunState::diverged) continue;
        complain(entry.arm_label + ", seed " + std::to_string(entry.seed) + " " + name_of(entry.state) + ": " +
                 entry.message);
    }
    if (!context.json) print("\nStudy " + std::to_string(session.study_id()) + " in " + file.string() + "\n");
    if (lost) complain(std::string("error: not all results are stored: ") + lost->what());
    const int code = stalled ? static_cast<int>(ErrorKind::storage)
                     : lost  ? std::max(lost->exit_code(), exit_code_of(status))
                             : exit_code_of(status);
    if (code == static_cast<int>(ErrorKind::cancelled) && !request.quiet)
        std::fprintf(stderr, "Stopped. Continue with diapason-cli study run --continue %lld\n",
                     static_cast<long long>(session.study_id()));
    return code;
}

int check_study(const Context& context, const RunRequest& request) {
    const Plan plan = requested_plan(request, nullptr);
    check_needs(plan);
    if (context.json)
        print_json({{"arms", plan.arms.size()}, {"runs", plan.runs()}});
    else
        print(visible_line(plan.study.title) + ": nothing is wrong with its " + std::to_string(plan.arms.size()) +
              " arms, " + std::to_string(plan.runs()) + " runs and the data that they read\n");
    return 0;
}

// Which study, and what stands in for parts of it.
void add_study_options(CLI::App& app, RunRequest& request) {
    app.add_option("file", request.file, "Study file")->type_name("FILE");
    app.add_option("--sample", request.sample, "A study that comes with Diapason (see study samples)")
        ->type_name("NAME");
    app.add_option("--seeds", request.seeds, "Seeds instead of the study's: 1,2,3 or 1-5");
    app.add_option("--task", request.task,
                   "Task instead of the study's: an id, a task file, or a TSV, CSV or JSONL file with text and label");
    app.add_option("--backbone", request.backbone, "Backbone instead of the study's: a name or a Hugging Face folder");
    app.add_option("--device", request.device, "cpu, cuda, cuda:N or auto");
}

int list_studies(const Context& context) {
    const StoreReader reader(database_file(context, true));
    auto counts = reader.state_counts();
    const auto finished = [&](const StudyLine& study) { return counts[study.id].in(RunState::finished); };
    return print_list<StudyLine>(context, reader.study_lines(),
                                 {{"id", "id", [](const StudyLine& study) { return study.id; }},
                                  {nullptr, "uuid", [](const StudyLine& study) { return study.uuid; }},
                                  {nullptr, "finished", finished},
                                  {"runs", "runs", [&](const StudyLine& study) { return counts[study.id].all(); },
                                   [&](const StudyLine& study) {
                                       return std::to_string(finished(study)) + " of " +
                                              std::to_string(counts[study.id].all());
                                   }},
                                  {"backbone", "backbone", [](const StudyLine& study) { return study.backbone; }},
                                  {"task", "task", [](const StudyLine& study) { return study.task; }},
                                  {nullptr, "created_ms", [](const StudyLine& study) { return study.created_ms; }},
                                  {"title", "title", [](const StudyLine& study) { return study.title; }}});
}

int show_study(const Context& context, RowId id, bool document) {
    const StoreReader reader(database_file(context, true));
    if (document) {
        const auto study = reader.study(id);
        if (!study)
            throw config_error("study", std::to_string(id), "there is no such study",
                               "diapason-cli study list shows them");
        print_json(study->document);
        return 0;
    }
    print(render(result_table(reader, id), context.json ? TableFormat::json : TableFormat::text));
    return 0;
}

int list_samples(const Context& context) {
    PlanSources sources;
    std::vector<Plan> plans;
    for (const Study& sample : sample_studies())
        plans.push_back(make_plan(sample, sources));
    return print_list<Plan>(context, plans,
                            {{"name", "id", [](const Plan& plan) { return plan.study.id; }},
                             {nullptr, "title", [](const Plan& plan) { return plan.study.title; }},
                             {"arms", "arms", [](const Plan& plan) { return plan.arms.size(); }},
                             {"runs", "runs", [](const Plan& plan) { return plan.runs(); }},
                             {"backbone", "backbone", [](const Plan& plan) { return plan.study.backbone; }},
                             {"question", "question", [](const Plan& plan) { return plan.study.question; }}});
}

} // namespace

void add_study(CLI::App& app, Context& context) {
    CLI::App* study = app.add_subcommand("study", "Run and show studies");
    study->require_subcommand(1);

    CLI::App* run = study->add_subcommand("run", "Train every arm and seed of a study and print its table");
    auto request = std::make_shared<RunRequest>();
    add_study_options(*run, *request);
    run->add_option("--continue", request->continued,
                    "Continue the unfinished runs of a stored study from their checkpoints")
        ->type_name("ID");
    run->add_option("--executor", request->executor, "processes (one run per core) or thread")->capture_default_str();
    run->add_option("--jobs", request->jobs, "Number of parallel processes (default: one per core)");
    run->add_option("--checkpoint-every", request->policy.checkpoint_every_s,
                    "Seconds between a run's checkpoints; pausing or stopping it also writes one")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    run->add_option(
           "--wait-for-storage", request->policy.wait_for_storage_s,
           "Seconds that runs wait while results cannot be stored (full disk, locked database) before they stop")
        ->check(CLI::Range(0.0, 1e9))
        ->capture_default_str();
    run->add_flag(
        "--outlive", request->outlive,
        "Let runs in progress train to their last step even if this program is killed; --continue picks them up");
    run->add_flag("--quiet", request->quiet, "Show no progress");
    add_database(*run, context);
    add_json_flag(*run, context);
    run->callback(
        [&context, request] { context.action = [&context, request] { return run_study(context, *request); }; });

    CLI::App* check = study->add_subcommand("check", "Find what is wrong with a study and its data; store nothing");
    auto checked = std::make_shared<RunRequest>();
    add_study_options(*check, *checked);
    add_json_flag(*check, context);
    check->callback(
        [&context, checked] { context.action = [&context, checked] { return check_study(context, *checked); }; });

    CLI::App* list = study->add_subcommand("list", "List stored studies");
    add_database(*list, context);
    add_json_flag(*list, context);
    list->callback([&context] { context.action = [&context] { return list_studies(context); }; });

    CLI::App* show = study->add_subcommand("show", "Print the result table of a stored study");
    auto id = std::make_shared<RowId>(0);
    auto document = std::make_shared<bool>(false);
    show->add_option("id", *id, "Number of the study")->required();
    show->add_flag("--document", *document, "Print the study file instead");
    add_database(*show, context);
    add_json_flag(*show, context);
    show->callback([&context, id, document] {
        context.action = [&context, id, document] { return show_study(context, *id, *document); };
    });

    CLI::App* samples = study->add_subcommand("samples", "List the studies that come with Diapason");
    add_json_flag(*samples, context);
    samples->callback([&context] { context.action = [&context] { return list_samples(context); }; });

    add_study_budget(*study, context);

    study->add_subcommand("schema", "Print the JSON Schema of study files")->callback([&context] {
        context.action = [] {
            print_json(study_schema());
            return 0;
        };
    });
}

} // namespace diapason::cli
