// One run of the engine: the same bits every time, every state, and what a run leaves behind.

#include "core/backbone/tensor_file.h"
#include "core/base/training_options.h"
#include "core/data/metrics.h"
#include "core/library/library.h"
#include "experiments/engine/run_model.h"
#include "methods/interchange/adapterhub/adapterhub_folder.h"
#include "methods/interchange/peft/peft_folder.h"
#include "tests/support/runs.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/equal.h>

#include <cmath>
#include <map>
#include <thread>

using namespace diapason;
using namespace diapason::testing;

class TestRunner : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void productsInBfloat16() {
        const RunSpec spec = spec_of("lora", {{"compute", "bfloat16"}});
        const Record exact = execute(spec_of("lora", Json::object())), half = execute(spec), again = execute(spec);
        QVERIFY2(half.state == RunState::finished, half.last().message.c_str());
        QCOMPARE(bits_of(half), bits_of(again));
        QVERIFY(bits_of(half) != bits_of(exact));
        QVERIFY(half.last().summary["frozen_unchanged"].get<bool>());
        const auto of_exact = exact.points({"train", "", "loss"}), of_half = half.points({"train", "", "loss"});
        QCOMPARE(of_half.size(), of_exact.size());
        for (std::size_t i = 0; i < of_half.size(); ++i)
            QVERIFY(std::abs(of_half[i].value - of_exact[i].value) < 0.05 * of_exact[i].value);
    }

    // What a run stores of ProPETL: the masks in bits, no scores.
    void masksAreStoredInBits() {
        TemporaryFolder folder;
        const RunSpec spec = spec_of("propetl", Json::object(), {{"size", 8}});
        QCOMPARE(execute(spec, {folder / "run"}).state, RunState::finished);
        const TensorFile file(folder / "run" / "adapter.safetensors");
        std::int64_t bytes = 0;
        for (const TensorEntry& entry : file.entries()) {
            QVERIFY2(!entry.name.ends_with(".score"), entry.name.c_str());
            if (!entry.name.ends_with(".mask")) continue;
            QCOMPARE(entry.dtype, std::string("U8"));
            QVERIFY(file.metadata().contains("bits." + entry.name));
            bytes += std::int64_t(entry.end - entry.begin);
        }
        QCOMPARE(bytes, 4 * 2 * 256 * 8 / 8); // layers, maps, elements of a map, eight a byte
    }

    // One big batch and two small ones: the same update.
    void accumulationIsOneBatch() {
        const Record whole = execute(spec_of("lora", {{"batch_size", 8}, {"steps", 4}})),
                     parts = execute(spec_of("lora", {{"batch_size", 4}, {"accumulation", 2}, {"steps", 4}}));
        const auto a = whole.points({"train", "", "loss"}), b = parts.points({"train", "", "loss"});
        QCOMPARE(a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY(std::abs(a[i].value - b[i].value) < 1e-4);
    }

    void theLossFalls() {
        const Record record = execute(spec_of("full_tuning", {{"steps", 30}, {"batch_size", 16}}));
        const auto loss = record.points({"train", "", "loss"});
        double first = 0, last = 0;
        for (std::size_t i = 0; i < 8; ++i)
            first += loss[i].value, last += loss[loss.size() - 1 - i].value;
        QVERIFY2(last < 0.9 * first, (std::to_string(first) + " became " + std::to_string(last)).c_str());
    }

    // A backbone with a NaN in it: the loss is none from the first step.
    void divergenceIsNoticed() {
        TemporaryFolder folder;
        const auto broken = folder / "broken";
        std::filesystem::copy(resolve_backbone("encoder-mini"), broken);
        std::string bytes = read_file(broken / "model.safetensors", 64u << 20);
        {
            const TensorFile file(broken / "model.safetensors");
            const TensorEntry* norm = file.find("bert.embeddings.LayerNorm.weight");
            QVERIFY(norm && norm->dtype == "F16");
            const auto at = bytes.size() - std::size_t(file.entries().back().end) + std::size_t(norm->begin);
            bytes[at] = 0, bytes[at + 1] = 0x7e;
        }
        write_text(broken / "model.safetensors", bytes);
        RunSpec spec = spec_of("lora");
        spec.backbone = broken.string();
        const Record record = execute(spec);
        QVERIFY2(record.state == RunState::diverged, record.last().message.c_str());
        QVERIFY2(record.last().message.find("NaN at step 1") != std::string::npos, record.last().message.c_str());
        QCOMPARE(record.points({"train", "", "loss"}).size(), std::size_t(1));
    }

    void cancelEndsWithinAStep() {
        RunControl control;
        Record record;
        const RunSpec spec = spec_of("lora", {{"steps", 10000}, {"evaluate_every", 0}});
        record.state = execute_run(
            spec, {},
            [&](RunEvent event) {
                record.events.push_back(event);
                if (const auto* points = std::get_if<MetricPoints>(&event); points && points->points.back().step >= 2)
                    control.stop = Stop::cancel;
            },
            control);
        QCOMPARE(record.state, RunState::cancelled);
        const auto loss = record.points({"train", "", "loss"});
        QVERIFY(loss.back().step < 100);
    }

    void pauseHoldsAndGoesOn() {
        RunControl control;
        control.pause = true;
        Record record;
        std::thread release;
        record.state = execute_run(
            spec_of("head_only"), {},
            [&](const RunEvent& event) {
                record.events.push_back(event);
                const auto* change = std::get_if<StateChanged>(&event);
                if (!change || change->state != RunState::paused) return;
                release = std::thread([&] { control.pause = false; });
            },
            control);
        QVERIFY(release.joinable()); // nobody released it before it said that it had paused
        release.join();
        const auto states = record.states();
        const std::vector<RunState> expected = {RunState::starting, RunState::running, RunState::paused,
                                                RunState::running, RunState::finished};
        QVERIFY(states == expected);
        QCOMPARE(bits_of(record), bits_of(execute(spec_of("head_only"))));
    }

    void failuresAreEventsWithAReason_data() {
        QTest::addColumn<QString>("field");
        QTest::addColumn<QString>("value");
        QTest::newRow("backbone") << "backbone"
                                  << "/nonexistent";
        QTest::newRow("task") << "task"
                              << "/nonexistent.tsv";
        QTest::newRow("device") << "device"
                                << "quantum";
        QTest::newRow("method") << "method"
                                << "wishful_thinking";
    }
    void failuresAreEventsWithAReason() {
        QFETCH(QString, field);
        QFETCH(QString, value);
        RunSpec spec = spec_of("lora");
        (field == QLatin1String("backbone") ? spec.backbone
         : field == QLatin1String("task")   ? spec.task
         : field == QLatin1String("device") ? spec.device
                                            : spec.method) = value.toStdString();
        const Record record = execute(spec);
        QCOMPARE(record.state, RunState::failed);
        QVERIFY2(record.last().message.find(value.toStdString()) != std::string::npos, record.last().message.c_str());
    }

    void leavesItsAdapterAndNothingElse() {
        TemporaryFolder folder;
        const Record record = execute(spec_of("lora"), {folder / "run"});
        QCOMPARE(record.state, RunState::finished);
        const TensorFile file(folder.path() / "run" / "adapter.safetensors");
        QVERIFY(file.entries().size() > 2);
        QVERIFY(file.metadata().at("spec").find("lora") != std::string::npos);
        std::size_t files = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder / "run"))
            ++files;
        QCOMPARE(files, std::size_t(1));
    }

    void aTaskOfTheUsersOwnFile() {
        TemporaryFolder folder;
        std::string text = "sentence\tlabel\n";
        for (int i = 0; i < 200; ++i)
            text += std::string(i % 2 ? "a good and pleasant thing " : "a bad and nasty thing ") + std::to_string(i) +
                    "\t" + (i % 2 ? "1" : "0") + "\n";
        write_text(folder / "mine.tsv", text);
        RunSpec spec = spec_of("full_tuning", {{"steps", 20}, {"batch_size", 8}});
        spec.task = (folder / "mine.tsv").string();
        const Record record = execute(spec);
        QVERIFY2(record.state == RunState::finished, record.last().message.c_str());
        QVERIFY(record.metric({"test", "", "accuracy"}).value_or(0) > 0.9);
    }

    // The folder holds what the run ended with: reading it onto the backbone gives the run's own tensors.
    void storedAdaptersAreExportedForPeft() {
        TemporaryFolder folder;
        const RunSpec spec = spec_of("lora", Json::object(), {{"rank", 3}, {"targets", "q,v"}});
        QCOMPARE(execute(spec, {folder / "run"}).state, RunState::finished);
        export_adapter(folder / "run" / "adapter.safetensors", folder / "peft");
        const TensorFile stored(folder / "run" / "adapter.safetensors");
        at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(std::uint64_t(9));
        const auto data = shared_task_data(resolve_run(spec));
        const auto model =
            Model::load(resolve_backbone(spec.backbone), {HeadKind::sequence_classification, data->task().classes()},
                        at::kCPU, &generator);
        const PeftAdapter adapter = read_peft_folder(folder / "peft", *model);
        std::size_t compared = 0;
        for (const TensorEntry& entry : stored.entries()) {
            Parameter* own = model->deltas().find(entry.name);
            if (own == nullptr) own = model->weights().find(entry.name);
            QVERIFY2(own != nullptr, entry.name.c_str());
            QVERIFY2(at::equal(own->value, read_tensor(stored, entry)), entry.name.c_str());
            ++compared;
        }
        QCOMPARE(compared, adapter.deltas.size() + adapter.saved_modules.size());
        QVERIFY(
            caught([&] { export_adapter(folder / "peft" / "adapter_model.safetensors", folder / "again"); }).thrown);
        export_adapter(folder / "run" / "adapter.safetensors", folder / "hub", "adapterhub");
        const auto other =
            Model::load(resolve_backbone(spec.backbone), {HeadKind::sequence_classification, data->task().classes()},
                        at::kCPU, &generator);
        const StoredAdapter same = read_adapterhub_folder(folder / "hub", *other);
        QCOMPARE(same.deltas.size() + same.saved_modules.size(), compared);
        QVERIFY(caught([&] {
                    export_adapter(folder / "run" / "adapter.safetensors", folder / "x", "delta");
                }).says("must be peft or adapterhub"));
    }
};

DIAPASON_TEST(TestRunner)
#include "test_runner.moc"
