// slow
// Every kind of stored adapter can be inspected, with the inputs that its run had.

#include "experiments/engine/inspection.h"
#include "experiments/engine/runner.h"
#include "experiments/study/study.h"
#include "tests/support/program.h"

#include <cmath>

using namespace diapason;
using namespace diapason::testing;

class TestInspection : public QObject {
    Q_OBJECT

    static std::filesystem::path run(const std::filesystem::path& folder, const Json& entry,
                                     const Json& training = Json::object()) {
        Json document = tiny_study();
        document["methods"] = {entry};
        document["training"].update(training);
        document["training"]["steps"] = 1;
        RunSpec spec = expand(study_from_json(document, "tiny")).front().spec;
        spec.seed = 1;
        std::string message;
        RunControl control;
        const RunState state = execute_run(
            spec, {folder},
            [&](const RunEvent& event) {
                if (const auto* change = std::get_if<StateChanged>(&event)) message = change->message;
            },
            control);
        if (state != RunState::finished) throw std::runtime_error(message);
        return folder / "adapter.safetensors";
    }

private Q_SLOTS:
    void everyKind_data() {
        QTest::addColumn<QString>("entry");
        QTest::addColumn<QString>("training");
        QTest::addColumn<QString>("tells");
        const auto row = [](const char* name, const char* entry, const char* tells, const char* training = "{}") {
            QTest::newRow(name) << entry << training << tells;
        };
        row("LoRA", R"({"method": "lora"})", "updates");
        row("adapters", R"({"method": "serial_adapter"})", "sites");
        row("prefix", R"({"method": "prefix_tuning"})", "attention");
        row("gated prefix", R"({"method": "prefix_tuning", "options": {"composition": "gated"}})", "attention");
        row("prompt", R"({"method": "prompt_tuning"})", "prompt");
        row("ensemble", R"({"method": "prompt_tuning", "options": {"members": 2}})", "prompt");
        row("template",
            R"({"method": "p_tuning", "options": {"placement": "template", "template": "{2}{text} is {1}"}})",
            "prompt");
        row("ProPETL", R"({"method": "propetl"})", "sites");
        row("masks of layers", R"({"method": "propetl"})", "masks");
        row("in words", R"({"method": "lora"})", "updates", R"({"answers": "words"})");
        row("demonstrations", R"({"method": "instruction_prompt_tuning"})", "prompt");
    }
    void everyKind() {
        QFETCH(QString, entry);
        QFETCH(QString, training);
        QFETCH(QString, tells);
        TemporaryFolder folder;
        const auto adapter = run(folder.path(), parse_json(entry.toStdString(), "entry"),
                                 parse_json(training.toStdString(), "training"));
        const Json facts = inspect_adapter({adapter, {}, 20, 3});
        QVERIFY2(facts.contains(tells.toStdString()) && !facts.at(tells.toStdString()).empty(),
                 facts.dump().substr(0, 400).c_str());
    }

    void twoAdaptersAreCompared() {
        TemporaryFolder folder;
        const auto adapter = run(folder.path(), {{"method", "lora"}, {"options", {{"rank", 3}}}});
        const Json facts = inspect_adapter({adapter, adapter, 4, 3});
        for (const Json& update : facts.at("updates")) {
            QCOMPARE(update.at("singular_values").size(), std::size_t(3));
            // With itself: the whole subspace is shared.
            QVERIFY(std::abs(update.at("similarity")[2][2].get<double>() - 1) < 1e-9);
        }
    }

    void otherFilesAreRefused() {
        TemporaryFolder folder;
        write_text(folder / "adapter.safetensors", "nothing");
        QVERIFY(caught([&] { inspect_adapter({folder / "adapter.safetensors", {}, 4, 3}); }).thrown);
    }
};

DIAPASON_TEST(TestInspection)
#include "test_inspection.moc"
