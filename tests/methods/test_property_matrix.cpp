// What holds for every method on every backbone family. A new method is in this matrix once it is registered.

#include "core/train/adamw.h"
#include "methods/catalog/method_info.h"
#include "methods/method.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/dot.h>
#include <ATen/ops/equal.h>

#include <cmath>

using namespace diapason;
using namespace diapason::testing;

namespace {

/// Options that fit a tiny model without words.
Json options_of(const std::string& method) {
    if (method == "prompt_tuning") return {{"length", 4}, {"init", "random"}};
    if (method == "lora") return {{"rank", 3}, {"alpha", 6.0}, {"targets", "q,v,fc1"}};
    return Json::object();
}

struct Prepared {
    std::unique_ptr<Model> model;
    HeadSpec head;
    TaskShape shape;
    OptionValues options;
    PackedBatch batch;
};

Prepared prepare(const std::string& method, const std::string& family, bool generation, at::Device device = at::kCPU,
                 const Json& more = Json::object()) {
    Prepared prepared;
    prepared.head = {generation ? HeadKind::causal_lm : HeadKind::sequence_classification, generation ? 0 : 3};
    prepared.shape = {name_of(prepared.head.kind), prepared.head.labels};
    prepared.model = tiny_model(family, prepared.head, device);
    std::vector<Problem> problems;
    Json given = options_of(method);
    given.update(more);
    prepared.options = OptionValues::from_json(method_info(method).options, given, method, problems);
    throw_if_any(problems, "test");
    MethodContext context{nullptr, {}, generator(11)};
    attach_method(method, prepared.options, *prepared.model, context);
    prepared.batch = PackedBatch::pack(tiny_sequences(prepared.head), device);
    return prepared;
}

std::vector<at::Tensor> values_of(const std::vector<Parameter*>& parameters) {
    std::vector<at::Tensor> values;
    for (Parameter* parameter : parameters)
        values.push_back(parameter->value);
    return values;
}

double loss_of(Prepared& p, bool backward = false) {
    const LossTerms terms = p.model->loss(p.model->logits(p.batch, {}), p.batch);
    const at::Tensor loss = terms.mean();
    if (backward) loss.backward();
    return loss.item<double>();
}

} // namespace

class TestPropertyMatrix : public QObject {
    Q_OBJECT

    void add_matrix() {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("family");
        QTest::addColumn<bool>("generation");
        for (const MethodInfo& info : method_catalog())
            for (const char* family : {"bert", "llama"})
                for (const bool generation : {false, true}) {
                    if (generation && std::string(family) == "bert") continue;
                    const TaskShape shape{generation ? "causal_lm" : "sequence_classification", generation ? 0 : 3};
                    std::vector<Problem> problems;
                    const auto options = OptionValues::from_json(info.options, options_of(info.id), "", problems);
                    if (!info.refusal(tiny_config(family), shape, options).empty()) continue;
                    QTest::addRow("%s on %s, %s", info.id.c_str(), family, shape.head.c_str())
                        << QString::fromStdString(info.id) << family << generation;
                }
    }

private Q_SLOTS:
    void countsAreAsByFormula_data() { add_matrix(); }
    void countsAreAsByFormula() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(bool, generation);
        const Prepared p = prepare(method.toStdString(), family.toStdString(), generation);
        const ParameterCounts formula = method_info(method.toStdString()).count(p.model->config(), p.shape, p.options);
        std::int64_t trained = 0, head = 0;
        for (const Parameter* parameter : p.model->trainable())
            (p.model->in_head(parameter) ? head : trained) += parameter->value.numel();
        QCOMPARE(trained, formula.trained);
        QCOMPARE(head, formula.head);
        QVERIFY(formula.stored <= formula.trained || formula.trained == 0);
        QCOMPARE(formula.stored_bits, 32 * formula.stored);
    }

    void onlyWhatIsTrainedGetsGradients_data() { add_matrix(); }
    void onlyWhatIsTrainedGetsGradients() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(bool, generation);
        Prepared p = prepare(method.toStdString(), family.toStdString(), generation);
        loss_of(p, true);
        for (const Parameter* parameter : p.model->trainable())
            QVERIFY2(parameter->value.grad().defined(), parameter->name.c_str());
        for (const Parameter* parameter : p.model->frozen())
            QVERIFY2(!parameter->value.grad().defined(), parameter->name.c_str());
    }

    void tenStepsLearnAndLeaveTheRestAlone_data() { add_matrix(); }
    void tenStepsLearnAndLeaveTheRestAlone() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(bool, generation);
        Prepared p = prepare(method.toStdString(), family.toStdString(), generation);
        const std::string frozen = p.model->hash_frozen();
        AdamW optimiser(values_of(p.model->trainable()), {});
        const double before = loss_of(p);
        for (int i = 0; i < 10; ++i) {
            loss_of(p, true);
            optimiser.accumulate();
            optimiser.step(0.01);
        }
        QVERIFY2(loss_of(p) < before, (std::to_string(before) + " became " + std::to_string(loss_of(p))).c_str());
        QCOMPARE(p.model->hash_frozen(), frozen);
    }

    // Along a random direction: (L(w + εd) − L(w − εd)) / 2ε = g·d.
    void gradientsEqualFiniteDifferences_data() { add_matrix(); }
    void gradientsEqualFiniteDifferences() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(bool, generation);
        Prepared p = prepare(method.toStdString(), family.toStdString(), generation);
        { // away from the start, where B = 0 hides half of LoRA's gradient
            const c10::NoGradGuard guard;
            std::uint64_t seed = 40;
            for (Parameter* parameter : p.model->trainable())
                parameter->value.add_(at::randn(parameter->value.sizes(), generator(++seed)), 0.05);
        }
        loss_of(p, true);
        const double epsilon = 2e-3;
        std::uint64_t seed = 80;
        double expected = 0;
        std::vector<at::Tensor> directions;
        for (Parameter* parameter : p.model->trainable()) {
            // Along the gradient with noise: large enough to rise above float32 rounding.
            const at::Tensor noise = at::randn(parameter->value.sizes(), generator(++seed));
            directions.push_back(parameter->value.grad() + noise * parameter->value.grad().abs().mean());
            expected += at::dot(directions.back().flatten(), parameter->value.grad().flatten()).item<double>();
        }
        double size = 0;
        for (const at::Tensor& direction : directions)
            size += direction.pow(2).sum().item<double>();
        size = std::sqrt(size);
        const auto move = [&](double factor) {
            const c10::NoGradGuard guard;
            std::size_t i = 0;
            for (Parameter* parameter : p.model->trainable())
                parameter->value.add_(directions[i++], factor / size);
        };
        move(epsilon);
        const double up = loss_of(p);
        move(-2 * epsilon);
        const double down = loss_of(p);
        const double measured = (up - down) / (2 * epsilon) * size;
        QVERIFY2(std::abs(measured - expected) < 0.02 * std::abs(expected) + 1e-4,
                 (std::to_string(measured) + ", expected " + std::to_string(expected)).c_str());
    }

    void companyChangesNothing_data() { add_matrix(); }
    void companyChangesNothing() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(bool, generation);
        Prepared p = prepare(method.toStdString(), family.toStdString(), generation);
        if (generation) QSKIP("logits of a language model are many rows per sequence; the classifier shows it");
        const auto sequences = tiny_sequences(p.head);
        const at::Tensor together = p.model->logits(p.batch, {});
        for (std::size_t i = 0; i < sequences.size(); ++i)
            QVERIFY(at::allclose(together.narrow(0, std::int64_t(i), 1),
                                 p.model->logits(PackedBatch::pack({&sequences[i], 1}, at::kCPU), {}), 1e-5, 1e-5));
    }

    void worksOnTheMetaDevice_data() { add_matrix(); }
    void worksOnTheMetaDevice() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(bool, generation);
        Prepared p = prepare(method.toStdString(), family.toStdString(), generation, at::kMeta);
        p.model->loss(p.model->logits(p.batch, {}), p.batch).mean().backward();
        AdamW optimiser(values_of(p.model->trainable()), {});
        optimiser.accumulate();
        optimiser.step(0.1);
        for (const Parameter* parameter : p.model->trainable())
            QVERIFY2(parameter->value.device().is_meta(), parameter->name.c_str());
    }

    void sameSeedSameStart_data() { add_matrix(); }
    void sameSeedSameStart() {
        QFETCH(QString, method);
        QFETCH(QString, family);
        QFETCH(bool, generation);
        const Prepared a = prepare(method.toStdString(), family.toStdString(), generation),
                       b = prepare(method.toStdString(), family.toStdString(), generation);
        const auto first = a.model->trainable(), second = b.model->trainable();
        QCOMPARE(first.size(), second.size());
        for (std::size_t i = 0; i < first.size(); ++i)
            QVERIFY(at::equal(first[i]->value, second[i]->value));
    }
};

QTEST_GUILESS_MAIN(TestPropertyMatrix)
#include "test_property_matrix.moc"
