// States of frozen layers: the same losses and tensors as without them, the same bits whatever other runs have left,
// and no more memory than the budget.
// slow

#include "core/backbone/tensor_file.h"
#include "core/model/parameters.h"
#include "experiments/engine/batches.h"
#include "methods/catalog/method_info.h"
#include "tests/support/runs.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/zeros.h>

#include <cmath>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// An arm that trains nothing below the last layer or two, for two epochs of 40 examples.
RunSpec arm(const std::string& method, const std::string& options, const Json& more = Json::object(),
            const std::string& backbone = "encoder-mini", const std::string& task = "section") {
    Json training = {{"steps", 10},
                     {"batch_size", 8},
                     {"max_train_items", 40},
                     {"evaluate_every", 4},
                     {"max_evaluation_items", 40},
                     {"max_test_items", 40}};
    training.update(more);
    RunSpec spec = spec_of("lora", training);
    spec.backbone = backbone;
    spec.task = task;
    spec.method = method;
    std::vector<Problem> problems;
    spec.method_options =
        OptionValues::from_json(method_info(method).options, parse_json(options, "test"), "", problems).json();
    throw_if_any(problems, "test");
    return spec;
}

/// What a run stored, and its record.
struct Trained {
    Record record;
    std::string file; ///< bytes of the stored adapter
    std::vector<std::pair<std::string, at::Tensor>> tensors;
};

Trained trained(const RunSpec& spec, FrozenStore& store) {
    TemporaryFolder folder;
    Trained result{execute(spec, {folder / "run"}, nullptr, &store), {}, {}};
    if (result.record.state != RunState::finished) throw std::runtime_error(result.record.last().message);
    const auto path = folder / "run" / "adapter.safetensors";
    result.file = read_file(path, 256u << 20);
    const TensorFile file(path);
    for (const TensorEntry& entry : file.entries())
        result.tensors.emplace_back(entry.name, read_tensor(file, entry));
    return result;
}

FrozenKey key_of(const std::string& split) {
    FrozenKey key;
    key.split = split;
    return key;
}

} // namespace

class TestFrozenStates : public QObject {
    Q_OBJECT

    static void add_arms() {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("options");
        QTest::addColumn<QString>("backbone");
        QTest::addColumn<QString>("task");
        const auto row = [](const char* name, const char* method, const char* options, const char* backbone,
                            const char* task = "section") {
            QTest::newRow(name) << method << options << backbone << task;
        };
        row("last layer", "last_layers", R"({"layers": 1})", "encoder-mini");
        row("head only", "head_only", "{}", "encoder-mini");
        row("upper adapters", "serial_adapter", R"({"size": 4, "drop_first": 2})", "encoder-mini");
        row("upper LoRA", "lora", R"({"targets": "encoder.3.self_attn.{q,v}"})", "encoder-mini");
        row("decoder: last layer", "last_layers", R"({"layers": 1})", "decoder-mini");
        row("decoder: head only", "head_only", "{}", "decoder-mini");
        row("decoder: upper LoRA", "lora", R"({"targets": "decoder.3-4.self_attn.{q,v}"})", "decoder-mini");
        row("written: last layers", "last_layers", R"({"layers": 2})", "decoder-mini", "synopsis");
        row("written: upper adapters", "serial_adapter", R"({"size": 4, "drop_first": 3})", "decoder-mini", "synopsis");
    }
    static RunSpec fetched() {
        QFETCH(QString, method);
        QFETCH(QString, options);
        QFETCH(QString, backbone);
        QFETCH(QString, task);
        const Json more = task == QLatin1String("synopsis") ? Json{{"max_evaluation_items", 4}, {"max_test_items", 4}}
                                                            : Json::object();
        return arm(method.toStdString(), options.toStdString(), more, backbone.toStdString(), task.toStdString());
    }

private Q_SLOTS:
    void sameAsWithoutThem_data() { add_arms(); }
    void sameAsWithoutThem() {
        const RunSpec spec = fetched();
        FrozenStore none(0), store;
        const Trained plain = trained(spec, none), cached = trained(spec, store);
        QCOMPARE(none.tables(), std::size_t(0));
        QVERIFY(store.bytes() > 0);
        for (const MetricName& metric : {MetricName{"train", "", "loss"},
                                         {"validation", "", "loss"},
                                         {"test", "", "loss"},
                                         {"train", "", "gradient_norm"}}) {
            const auto a = plain.record.points(metric), b = cached.record.points(metric);
            QCOMPARE(a.size(), b.size());
            QVERIFY(!a.empty());
            for (std::size_t i = 0; i < a.size(); ++i)
                QVERIFY2(std::abs(a[i].value - b[i].value) < 1e-5 * (1 + std::abs(a[i].value)),
                         text_of(metric).c_str());
        }
        QCOMPARE(cached.tensors.size(), plain.tensors.size());
        for (std::size_t i = 0; i < plain.tensors.size(); ++i) {
            QCOMPARE(cached.tensors[i].first, plain.tensors[i].first);
            QVERIFY2(at::allclose(cached.tensors[i].second, plain.tensors[i].second, 1e-4, 1e-5),
                     plain.tensors[i].first.c_str());
        }
    }

    // What another arm, another seed and another order have left in the store changes no bit.
    void sameBitsAfterOtherRuns_data() { add_arms(); }
    void sameBitsAfterOtherRuns() {
        const RunSpec spec = fetched();
        FrozenStore own, filled;
        const Trained alone = trained(spec, own);
        RunSpec other = spec;
        other.seed = 7;
        other.training_options["max_train_items"] = 30;
        other.training_options["max_evaluation_items"] = 3;
        other.training_options["batch_size"] = 5;
        execute(other, {}, nullptr, &filled);
        QVERIFY(filled.bytes() > 0);
        const Trained after = trained(spec, filled);
        QCOMPARE(bits_of(after.record), bits_of(alone.record));
        QVERIFY(after.file == alone.file);
        QCOMPARE(filled.bytes(), own.bytes());
        const Trained again = trained(spec, filled); // everything is found
        QCOMPARE(filled.bytes(), own.bytes());
        QVERIFY(again.file == alone.file);
    }

    void armsShareWhatTheyHaveInCommon() {
        FrozenStore store;
        execute(arm("last_layers", R"({"layers": 1})"), {}, nullptr, &store);
        const std::int64_t bytes = store.bytes();
        QVERIFY(bytes > 0);
        const std::size_t tables = store.tables();
        execute(arm("lora", R"({"targets": "encoder.3.self_attn.{q,v}"})"), {}, nullptr, &store);
        QCOMPARE(store.bytes(), bytes);
        execute(arm("lora", R"({"targets": "encoder.2-3.self_attn.{q,v}"})"), {}, nullptr, &store);
        QVERIFY(store.tables() == 2 * tables);
    }

    void runsWithoutAShareKeepNothing() {
        FrozenStore store;
        const char* methods[] = {"lora", "prompt_tuning", "bitfit", "full_tuning", "in_context"};
        for (const char* method : methods)
            QCOMPARE(execute(arm(method, "{}"), {}, nullptr, &store).state, RunState::finished);
        const char* last = R"({"layers": 1})";
        execute(arm("last_layers", last, {{"backbone_dropout", true}}), {}, nullptr, &store);
        execute(arm("last_layers", last, {{"answers", "words"}}), {}, nullptr, &store);
        QCOMPARE(store.tables(), std::size_t(0));
    }

    // Less than an epoch: batches of the training split would be computed for a few of their examples.
    void shortRunsKeepEvaluationOnly() {
        FrozenStore store;
        const auto of = [&](std::int64_t steps) {
            execute(arm("last_layers", R"({"layers": 1})", {{"steps", steps}}), {}, nullptr, &store);
            return store.tables();
        };
        QCOMPARE(of(4), std::size_t(3)); // validation, test, ood
        QCOMPARE(of(5), std::size_t(4));
    }

    void theLeastRecentGoFirst() {
        FrozenStore store(1000);
        const auto fill = [&](const char* split, std::int64_t floats) {
            const auto table = store.open(key_of(split));
            store.keep(*table, 0, {at::zeros({floats, 1}), {0, floats}});
            return table;
        };
        const auto known = [&](const char* split) { return store.find(*store.open(key_of(split)), 0) != nullptr; };
        fill("a", 100);
        fill("b", 100);
        QCOMPARE(store.bytes(), 800);
        QVERIFY(known("a")); // the most recent one again
        fill("c", 100);
        QCOMPARE(store.bytes(), 800);
        QVERIFY(known("a") && known("c") && !known("b"));
        // What a run holds stays until the run is over.
        auto held = store.open(key_of("a"));
        fill("d", 200);
        QVERIFY(store.find(*held, 0) != nullptr);
        held.reset();
        fill("e", 50);
        QVERIFY(store.bytes() <= 1000);
        QVERIFY(!known("a"));
    }

    void batchesDependOnWhatIsBefore() {
        const auto length = [](std::int64_t item) { return item % 7 == 0 ? 900 : 300 + item; };
        const auto all = consecutive_batches(100, 100, length);
        QCOMPARE(all.front(), 0);
        QCOMPARE(all.back(), 100);
        for (std::int64_t wanted = 1; wanted < 100; ++wanted) {
            const auto some = consecutive_batches(wanted, 100, length);
            QVERIFY(some.back() >= wanted);
            QVERIFY(std::equal(some.begin(), some.end(), all.begin()));
            QVERIFY(some.size() < 3 || some[some.size() - 2] < wanted);
        }
        QCOMPARE(consecutive_batches(2, 2, [](std::int64_t) { return 9000; }), (std::vector<std::int64_t>{0, 1, 2}));
        QCOMPARE(consecutive_batches(0, 0, length), (std::vector<std::int64_t>{0}));
    }
};

DIAPASON_TEST(TestFrozenStates)
#include "test_frozen_states.moc"
