// AdamW by its formula, schedules, and a checkpoint that goes on as if nothing had happened.

#include "core/train/adamw.h"
#include "core/train/schedule.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>

#include <cmath>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::vector<at::Tensor> leaves() {
    return {at::randn({3, 4}, generator(1)).requires_grad_(), at::randn({5}, generator(2)).requires_grad_()};
}

void one_step(std::vector<at::Tensor>& parameters, AdamW& optimiser, double rate) {
    (parameters[0].pow(2).sum() + (parameters[1] * 3).sin().sum()).backward();
    optimiser.accumulate();
    optimiser.step(rate);
}

} // namespace

class TestTraining : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void adamwFollowsItsFormula() {
        // One number, by hand in double precision (Loshchilov and Hutter 2019, algorithm 2).
        const AdamWOptions options{0.9, 0.99, 1e-8, 0.1};
        std::vector<at::Tensor> parameters = {at::full({1}, 0.5).requires_grad_()};
        AdamW optimiser(parameters, options);
        double value = 0.5, m = 0, v = 0;
        for (int t = 1; t <= 20; ++t) {
            const double rate = 0.01 * t;
            (parameters[0] * parameters[0] * parameters[0]).sum().backward();
            optimiser.accumulate();
            optimiser.step(rate);
            const double g = 3 * value * value;
            value -= rate * options.weight_decay * value;
            m = options.beta1 * m + (1 - options.beta1) * g;
            v = options.beta2 * v + (1 - options.beta2) * g * g;
            value -= rate * (m / (1 - std::pow(options.beta1, t))) /
                     (std::sqrt(v / (1 - std::pow(options.beta2, t))) + options.epsilon);
            QVERIFY(std::abs(parameters[0].item<double>() - value) < 1e-6);
        }
    }

    // The fused pass beside plain operations, over enough numbers for its vectors and their rest.
    void oneFusedPassEqualsPlainOperations() {
        const AdamWOptions options{0.9, 0.98, 1e-6, 0.1};
        const at::Tensor start = at::randn({1003}, generator(1));
        const std::vector<at::Tensor> parameters = {start.clone().requires_grad_()};
        AdamW optimiser(parameters, options);
        at::Tensor plain = start.clone(), first = at::zeros({1003}), second = at::zeros({1003});
        for (int t = 1; t <= 10; ++t) {
            const double rate = 0.01 * t;
            const at::Tensor g = at::randn({1003}, generator(static_cast<std::uint64_t>(10 + t)));
            parameters[0].mutable_grad() = g;
            optimiser.accumulate();
            optimiser.step(rate);
            plain.mul_(1 - rate * options.weight_decay);
            first.lerp_(g, 1 - options.beta1);
            second.mul_(options.beta2).addcmul_(g, g, 1 - options.beta2);
            const at::Tensor root = second.sqrt() / std::sqrt(1 - std::pow(options.beta2, t));
            plain.addcdiv_(first, root + options.epsilon, -rate / (1 - std::pow(options.beta1, t)));
            QVERIFY(at::allclose(parameters[0], plain, 1e-5, 1e-6));
        }
        QVERIFY(at::allclose(optimiser.first_moment(), first, 1e-5, 1e-6));
        QVERIFY(at::allclose(optimiser.second_moment(), second, 1e-5, 1e-6));
    }

    // LoRA+: a parameter of rate 16 goes as it would go alone at 16 times the learning rate.
    void parametersMayHaveRatesOfTheirOwn() {
        auto together = leaves(), slow = leaves(), fast = leaves();
        AdamW both(together, {}, {{1, 1}, {16, 1}});
        AdamW plain(slow, {}), quick(fast, {});
        for (int i = 0; i < 5; ++i) {
            one_step(together, both, 0.01);
            one_step(slow, plain, 0.01);
            one_step(fast, quick, 0.16);
        }
        QVERIFY(at::allclose(together[0], slow[0], 1e-6, 1e-7));
        QVERIFY(at::allclose(together[1], fast[1], 1e-6, 1e-7));
        QVERIFY(!at::allclose(together[1], slow[1], 1e-3, 1e-3));
    }

    void clipsTheGlobalNorm() {
        auto parameters = leaves();
        AdamW optimiser(parameters, {});
        (parameters[0].sum() * 3 + parameters[1].sum() * 4).backward();
        optimiser.accumulate();
        const double expected = std::sqrt(12 * 9.0 + 5 * 16.0);
        QVERIFY(std::abs(optimiser.gradient_norm().item<double>() - expected) < 1e-4);
        optimiser.clip(1, optimiser.gradient_norm());
        QVERIFY(std::abs(optimiser.gradient_norm().item<double>() - 1) < 1e-4);
        optimiser.clip(5, optimiser.gradient_norm()); // already below: untouched
        QVERIFY(std::abs(optimiser.gradient_norm().item<double>() - 1) < 1e-4);
    }

    void microBatchesAdd() {
        auto parameters = leaves();
        AdamW optimiser(parameters, {});
        for (int i = 0; i < 3; ++i) {
            parameters[0].sum().backward();
            optimiser.accumulate();
        }
        QVERIFY(std::abs(optimiser.gradient_norm().item<double>() - 3 * std::sqrt(12.0)) < 1e-4);
    }

    void parametersWithoutGradientAreOnlyDecayed() {
        auto parameters = leaves();
        const at::Tensor before = parameters[1].detach().clone();
        AdamW optimiser(parameters, {0.9, 0.999, 1e-8, 0});
        parameters[0].sum().backward();
        optimiser.accumulate();
        optimiser.step(0.1);
        QVERIFY(at::equal(parameters[1], before));
    }

    void schedules() {
        QCOMPARE(schedule_factor(ScheduleKind::linear, 0, 10, 110), 0.0);
        QCOMPARE(schedule_factor(ScheduleKind::linear, 5, 10, 110), 0.5);
        QCOMPARE(schedule_factor(ScheduleKind::linear, 10, 10, 110), 1.0);
        QCOMPARE(schedule_factor(ScheduleKind::linear, 60, 10, 110), 0.5);
        QVERIFY(std::abs(schedule_factor(ScheduleKind::cosine, 60, 10, 110) - 0.5) < 1e-12);
        QCOMPARE(schedule_factor(ScheduleKind::constant, 109, 10, 110), 1.0);
        QVERIFY(caught([] { schedule_kind_from("lineer"); }).thrown);
    }

    // A parameter that a reference's optimiser knows by two names is updated twice in a step.
    void parametersMayBeUpdatedSeveralTimesAStep() {
        auto twice = leaves(), plain = leaves();
        AdamW one(twice, {}, {{1, 2}, {1, 2}}), two(plain, {});
        for (int i = 0; i < 3; ++i) {
            const at::Tensor g = at::full_like(twice[0], 0.1 * (i + 1));
            twice[0].mutable_grad() = g.clone();
            one.accumulate();
            one.step(0.01);
            for (int k = 0; k < 2; ++k) {
                plain[0].mutable_grad() = g.clone();
                two.accumulate();
                two.step(0.01);
            }
        }
        QVERIFY(at::equal(twice[0], plain[0]));
    }

    void stepsOnTheMetaDevice() {
        std::vector<at::Tensor> parameters = {at::zeros({3, 2}, at::kMeta).requires_grad_()};
        AdamW optimiser(parameters, {});
        parameters[0].sum().backward();
        optimiser.accumulate();
        optimiser.scale_gradients(0.5);
        optimiser.clip(1, optimiser.gradient_norm());
        optimiser.step(0.1);
        QCOMPARE(optimiser.steps(), std::int64_t(1));
    }
};

DIAPASON_TEST(TestTraining)
#include "test_training.moc"
