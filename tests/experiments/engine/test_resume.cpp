// slow
// Runs that stop anywhere go on from their checkpoint and end with the bits of a run that never stopped.

#include "core/backbone/tensor_file.h"
#include "core/base/folder_lock.h"
#include "core/base/json.h"
#include "core/library/library.h"
#include "core/store/run_folder.h"
#include "experiments/engine/run_inputs.h"
#include "tests/support/runs.h"

#include <algorithm>
#include <thread>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

/// Everything but times, in an order that does not depend on when a batch of points was sent.
std::vector<std::string> result_of(const Record& record, const fs::path& folder) {
    std::vector<std::string> lines = bits_of(record);
    std::sort(lines.begin(), lines.end());
    Json summary = record.last().summary;
    for (const char* time : {"seconds", "step_seconds", "checkpoint_seconds"})
        summary.erase(time);
    lines.push_back(summary.dump());
    lines.push_back(read_file(folder / adapter_file, 256u << 20));
    return lines;
}

/// Copies of the run's folder as a kill behind each of these steps' checkpoints would leave it.
struct Snapshots {
    fs::path root;
    std::vector<std::int64_t> steps;
    Record record; ///< of the run that was never killed

    fs::path at(std::int64_t step) const { return root / std::to_string(step); }
};

Snapshots uninterrupted(const RunSpec& spec, const fs::path& root, FrozenStore* store = nullptr) {
    Snapshots result{root, {}, {}};
    RunControl control;
    static FrozenStore shared;
    RunPlace place{root / "run"};
    place.policy.checkpoint_every_s = 0;
    result.record.state = execute_run(
        spec, place,
        [&](RunEvent event) {
            if (const auto* file = std::get_if<ArtifactWritten>(&event); file && file->kind == "checkpoint") {
                fs::copy(place.folder, result.at(file->step),
                         fs::copy_options::recursive | fs::copy_options::overwrite_existing);
                result.steps.push_back(file->step);
            }
            result.record.events.push_back(std::move(event));
        },
        control, store ? store : &shared);
    return result;
}

std::int64_t first_step(const Record& record) {
    for (const RunEvent& event : record.events) {
        if (const auto* began = std::get_if<RunBegan>(&event)) return began->first_step;
    }
    return -1;
}

bool warns(const Record& record, const std::string& part) {
    return std::any_of(record.events.begin(), record.events.end(), [&](const RunEvent& event) {
        const auto* line = std::get_if<LogLine>(&event);
        return line && line->severity == Severity::warning && line->text.find(part) != std::string::npos;
    });
}

/// 40 sentences of two classes, as a task of the user's own.
void write_rows(const fs::path& file, bool swapped = false) {
    std::string text = "text\tlabel\n";
    for (int i = 0; i < 40; ++i)
        text += "sentence number " + std::to_string(i) + " of the list\t" + ((i % 2 == 0) != swapped ? "even" : "odd") +
                "\n";
    write_text(file, text);
}

RunSpec own_task(const fs::path& file) {
    RunSpec spec = spec_of("lora");
    spec.task = file.string();
    return spec;
}

void damage(const fs::path& file, std::size_t from_end) {
    std::string bytes = read_file(file, 256u << 20);
    bytes[bytes.size() - from_end] = static_cast<char>(bytes[bytes.size() - from_end] ^ 1);
    write_text(file, bytes);
}

} // namespace

class TestResume : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anywhere_data() {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("training");
        QTest::addColumn<QString>("options");
        QTest::addColumn<QString>("backbone");
        QTest::addColumn<QString>("task");
        const auto row = [](const char* name, const char* method, const char* training, const char* options = "{}",
                            const char* backbone = "encoder-mini", const char* task = "section") {
            QTest::newRow(name) << method << training << options << backbone << task;
        };
        row("dropout in deltas, warm-up", "lora", R"({"warmup_fraction": 0.5})", R"({"dropout": 0.2})");
        row("dropout in the backbone", "lora", R"({"backbone_dropout": true, "schedule": "cosine"})");
        row("accumulation, weight decay", "full_tuning", R"({"accumulation": 3, "weight_decay": 0.1})");
        row("frozen states kept", "head_only", R"({"max_train_items": 8, "batch_size": 4})");
        row("the last step is tested", "bitfit", R"({"select": "last"})");
        row("no validation but the last", "serial_adapter", R"({"evaluate_every": 0})");
        row("an ensemble of prompts", "prompt_tuning", R"({"answers": "words"})", R"({"members": 3, "length": 2})");
        row("demonstrations in front", "instruction_prompt_tuning", "{}", R"({"length": 2, "demonstrations": 1})");
        row("masks with scores", "propetl", "{}", R"({"size": 8})");
        row("a prefix through its network", "prefix_tuning", "{}", R"({"length": 3})");
        row("generation", "lora", R"({"max_evaluation_items": 4, "max_test_items": 4})", "{}", "decoder-mini",
            "synopsis");
        row("nothing to train", "in_context", R"({"max_evaluation_items": 4, "max_test_items": 4})",
            R"({"demonstrations": 1})");
    }
    void anywhere() {
        QFETCH(QString, method);
        QFETCH(QString, training);
        QFETCH(QString, options);
        QFETCH(QString, backbone);
        QFETCH(QString, task);
        RunSpec spec = spec_of(method.toStdString(), parse_json(training.toStdString(), "test"),
                               parse_json(options.toStdString(), "test"));
        spec.backbone = backbone.toStdString();
        spec.task = task.toStdString();
        TemporaryFolder folder;
        const Snapshots whole = uninterrupted(spec, folder.path());
        QVERIFY2(whole.record.state == RunState::finished, whole.record.last().message.c_str());
        const auto expected = result_of(whole.record, folder / "run");
        const std::size_t steps = std::size_t(spec.training_options.at("steps").get<int>());
        QCOMPARE(whole.steps.size(),
                 method == QLatin1String("in_context") ? 0 : steps); // one behind each step, the last by due()
        for (const std::int64_t step : whole.steps) {
            const Record resumed = execute(spec, {whole.at(step)});
            QVERIFY2(resumed.state == RunState::finished, resumed.last().message.c_str());
            QCOMPARE(first_step(resumed), step);
            QVERIFY2(result_of(resumed, whole.at(step)) == expected, std::to_string(step).c_str());
        }
    }

    // Asked to stop: the checkpoint is of the very step, and the reason is kept apart.
    void stoppedOnRequest_data() {
        QTest::addColumn<int>("why");
        QTest::newRow("cancelled") << int(Stop::cancel);
        QTest::newRow("interrupted") << int(Stop::interrupt);
    }
    void stoppedOnRequest() {
        QFETCH(int, why);
        TemporaryFolder folder;
        const RunSpec spec = spec_of("lora", {{"steps", 400}, {"evaluate_every", 50}}, {{"dropout", 0.1}});
        const auto expected = result_of(execute(spec, {folder / "whole"}), folder / "whole");
        Record resumed;
        std::vector<RunState> ends;
        for (std::int64_t stop_at = 60; resumed.state != RunState::finished; stop_at += 90) {
            RunControl control;
            resumed = {};
            resumed.state = execute_run(
                spec, {folder / "run"},
                [&](RunEvent event) {
                    if (const auto* points = std::get_if<MetricPoints>(&event);
                        points && points->points.back().step >= stop_at)
                        control.stop = Stop(why);
                    resumed.events.push_back(std::move(event));
                },
                control);
            ends.push_back(resumed.state);
            QVERIFY(ends.size() < 20);
        }
        QVERIFY(ends.size() >= 3);
        QCOMPARE(ends.front(), Stop(why) == Stop::cancel ? RunState::cancelled : RunState::interrupted);
        QVERIFY(result_of(resumed, folder / "run") == expected);
    }

    void aPauseLeavesACheckpoint() {
        TemporaryFolder folder;
        RunControl control;
        std::int64_t written = -1;
        const RunSpec spec = spec_of("lora", {{"steps", 200}});
        const RunState end = execute_run(
            spec, {folder / "run"},
            [&](RunEvent event) {
                if (const auto* points = std::get_if<MetricPoints>(&event); points && written < 0) control.pause = true;
                if (const auto* file = std::get_if<ArtifactWritten>(&event)) written = file->step;
                const auto* change = std::get_if<StateChanged>(&event);
                if (change && change->state == RunState::paused) control.stop = Stop::interrupt;
            },
            control);
        QCOMPARE(end, RunState::interrupted);
        QVERIFY(written > 0 && has_checkpoint(folder / "run"));
    }

    void aBrokenGenerationFallsBack_data() {
        QTest::addColumn<int>("broken");
        QTest::newRow("the newest") << 1;
        QTest::newRow("both") << 2;
    }
    void aBrokenGenerationFallsBack() {
        QFETCH(int, broken);
        TemporaryFolder folder;
        const RunSpec spec = spec_of("lora");
        const Snapshots whole = uninterrupted(spec, folder.path());
        const auto expected = result_of(whole.record, folder / "run");
        for (const std::size_t from_end : {std::size_t(1), std::size_t(4000)}) {
            const fs::path copy = folder / ("copy" + std::to_string(from_end));
            fs::copy(whole.at(4), copy);
            damage(copy / "checkpoint.safetensors", from_end);
            if (broken == 2) fs::resize_file(copy / "checkpoint.previous.safetensors", 1000);
            const Record resumed = execute(spec, {copy});
            QVERIFY2(resumed.state == RunState::finished, resumed.last().message.c_str());
            QCOMPARE(first_step(resumed), std::int64_t(broken == 1 ? 3 : 0));
            QVERIFY(warns(resumed, "checkpoint.safetensors"));
            QVERIFY(result_of(resumed, copy) == expected);
        }
    }

    void anotherRunsCheckpointIsRefused() {
        TemporaryFolder folder;
        const Snapshots whole = uninterrupted(spec_of("lora"), folder.path());
        const Record other = execute(spec_of("lora", {{"learning_rate", 0.01}}), {whole.at(3)});
        QCOMPARE(other.state, RunState::failed);
        QVERIFY2(other.last().message.find("another run") != std::string::npos, other.last().message.c_str());
    }

    // The child of a killed program may still be writing its last checkpoint.
    void itWaitsForWhoeverIsAtWorkInItsFolder() {
        TemporaryFolder folder;
        auto held = std::make_unique<FolderLock>(folder / "run");
        RunControl control;
        std::thread release([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(300));
            held.reset();
        });
        const Record record = execute(spec_of("lora"), {folder / "run"}, &control);
        release.join();
        QCOMPARE(record.state, RunState::finished);
        held = std::make_unique<FolderLock>(folder / "run");
        control.stop = Stop::interrupt; // nobody wants to wait
        const Record second = execute(spec_of("lora"), {folder / "run"}, &control);
        QCOMPARE(second.state, RunState::interrupted);
    }

    // Between the stop and the next start: what was read then is not what is there now.
    void changedInputsAreRefused_data() {
        QTest::addColumn<QString>("change");
        for (const char* change : {"labels", "a word", "fewer rows", "more rows", "tokenizer", "weights", "config"})
            QTest::newRow(change) << change;
    }
    void changedInputsAreRefused() {
        QFETCH(QString, change);
        TemporaryFolder folder;
        const fs::path rows = folder / "rows.tsv", backbone = folder / "backbone";
        write_rows(rows);
        fs::copy(resolve_backbone("encoder-mini"), backbone);
        RunSpec spec = own_task(rows);
        spec.backbone = backbone.string();
        const Snapshots whole = uninterrupted(spec, folder.path());
        QVERIFY2(whole.record.state == RunState::finished, whole.record.last().message.c_str());
        std::string named = rows.string();
        if (change == QLatin1String("labels")) {
            write_rows(rows, true);
        } else if (change == QLatin1String("tokenizer")) {
            const auto file = backbone / "tokenizer.json";
            write_text(file, read_file(file, 64u << 20) + "\n");
            named = backbone.string();
        } else if (change == QLatin1String("weights")) {
            damage(backbone / "model.safetensors", 2);
            named = backbone.string();
        } else if (change == QLatin1String("config")) {
            Json config = read_json(backbone / "config.json");
            config["hidden_dropout_prob"] = 0.3;
            write_text(backbone / "config.json", config.dump());
            named = backbone.string();
        } else {
            std::string text = read_file(rows, 1 << 20);
            if (change == QLatin1String("a word"))
                text.replace(text.find("list"), 4, "lost");
            else if (change == QLatin1String("more rows"))
                for (int i = 0; i < 20; ++i)
                    text += "one more sentence, number " + std::to_string(i) + "\teven\n";
            else
                text.resize(text.rfind("sentence"));
            write_text(rows, text);
        }
        const Record resumed = execute(spec, {whole.at(3)});
        QCOMPARE(resumed.state, RunState::failed);
        QCOMPARE(resumed.last().error, ErrorKind::input);
        const std::string& message = resumed.last().message;
        QVERIFY2(message.find(named) != std::string::npos, message.c_str());
        QVERIFY2(message.find("now") != std::string::npos && message.find("before") != std::string::npos,
                 message.c_str());
        QCOMPARE(first_step(resumed), std::int64_t(-1)); // what is stored has not been touched
    }

    void filesThatWereOnlyTouchedPass() {
        TemporaryFolder folder;
        const fs::path rows = folder / "rows.tsv", backbone = folder / "backbone";
        write_rows(rows);
        fs::copy(resolve_backbone("encoder-mini"), backbone);
        RunSpec spec = own_task(rows);
        spec.backbone = backbone.string();
        const Snapshots whole = uninterrupted(spec, folder.path());
        write_rows(rows);
        fs::last_write_time(backbone / "model.safetensors", fs::file_time_type::clock::now());
        const Record resumed = execute(spec, {whole.at(3)});
        QVERIFY2(resumed.state == RunState::finished, resumed.last().message.c_str());
        QVERIFY(result_of(resumed, whole.at(3)) == result_of(whole.record, folder / "run"));
    }

    // In one process, too: what a run has read is kept by content, not by name.
    void dataThatChangeAreReadAgain() {
        TemporaryFolder folder;
        const fs::path rows = folder / "rows.tsv";
        write_rows(rows);
        const Record before = execute(own_task(rows));
        write_rows(rows, true);
        const Record after = execute(own_task(rows));
        QVERIFY(bits_of(before) != bits_of(after));
        write_rows(rows);
        QCOMPARE(bits_of(execute(own_task(rows))), bits_of(before));
    }

    void inputsOfOtherRunsAreRespected() {
        TemporaryFolder folder;
        const fs::path rows = folder / "rows.tsv";
        write_rows(rows);
        const Record first = execute(own_task(rows));
        RunPlace place;
        for (const RunEvent& event : first.events)
            if (const auto* began = std::get_if<RunBegan>(&event)) place.inputs = began->environment.at("inputs");
        QCOMPARE(execute(own_task(rows), place).state, RunState::finished);
        write_rows(rows, true);
        const Record other = execute(own_task(rows), place);
        QCOMPARE(other.state, RunState::failed);
        QVERIFY2(other.last().message.find("other runs of this study") != std::string::npos,
                 other.last().message.c_str());
    }
};

DIAPASON_TEST(TestResume)
#include "test_resume.moc"
