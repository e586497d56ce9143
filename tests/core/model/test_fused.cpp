// Fused passes against the plain operations that they stand for: values and gradients, dropout on and off, rows and
// widths that fill no vector.

#include "core/model/activation.h"
#include "core/model/dropout.h"
#include "core/model/linear_map.h"
#include "core/model/norm.h"
#include "core/model/rotary.h"
#include "tests/support/test_support.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/silu.h>
#include <torch/csrc/autograd/autograd.h>

using namespace diapason;

namespace {

const auto single = at::TensorOptions().dtype(at::kFloat);

at::Tensor numbers(at::IntArrayRef shape) {
    static at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(7);
    return at::randn(shape, generator, single);
}

at::Tensor leaf(at::IntArrayRef shape) {
    return numbers(shape).requires_grad_();
}

// The same numbers in double precision: no loop computes with those, so that they take the plain operations.
at::Tensor doubled(const at::Tensor& x) {
    return x.defined() ? x.detach().to(at::kDouble).requires_grad_() : x;
}

std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& results, const std::vector<at::Tensor>& inputs) {
    at::Tensor loss;
    for (std::size_t i = 0; i < results.size(); ++i) {
        const at::Tensor term = (results[i] * results[i]).sum() * double(i + 1);
        loss = loss.defined() ? loss + term : term;
    }
    return torch::autograd::grad({loss}, inputs, {}, {}, false, true);
}

// To what float32 can hold of sums over terms as large as the largest element.
bool agree(const at::Tensor& fused, const at::Tensor& plain) {
    const at::Tensor exact = plain.to(at::kDouble);
    const double largest = exact.abs().max().item<double>();
    return (fused.to(at::kDouble) - exact).abs().max().item<double>() <= 3e-6 * (1 + largest);
}

// Values and gradients of `compute` on float32 leaves against those on the same leaves in double precision.
template <typename Compute>
void compare(const std::vector<at::Tensor>& inputs, Compute compute) {
    std::vector<at::Tensor> exact;
    for (const at::Tensor& input : inputs)
        exact.push_back(doubled(input));
    const std::vector<at::Tensor> fused = compute(inputs), plain = compute(exact);
    QCOMPARE(fused.size(), plain.size());
    for (std::size_t i = 0; i < fused.size(); ++i)
        QVERIFY2(agree(fused[i].detach(), plain[i].detach()), qPrintable(QStringLiteral("result %1").arg(i)));
    const auto of_fused = gradients(fused, inputs), of_plain = gradients(plain, exact);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        QVERIFY2(of_fused[i].defined(), qPrintable(QStringLiteral("no gradient of input %1").arg(i)));
        QVERIFY2(agree(of_fused[i], of_plain[i]), qPrintable(QStringLiteral("gradient of input %1").arg(i)));
    }
}

} // namespace

class TestFused : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void norms_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("centred");
        QTest::addColumn<bool>("residual");
        QTest::addColumn<double>("p");
        for (const bool centred : {true, false}) {
            for (const int width : {16, 37, 96}) {
                const auto row = [&](const char* kind, bool residual, double p) {
                    QTest::addRow("%s %d %s", centred ? "LayerNorm" : "RMSNorm", width, kind)
                        << 71 << width << centred << residual << p;
                };
                row("alone", false, 0.0);
                row("sum", true, 0.0);
                row("dropped sum", true, 0.3);
            }
        }
    }
    void norms() {
        QFETCH(int, rows);
        QFETCH(int, width);
        QFETCH(bool, centred);
        QFETCH(bool, residual);
        QFETCH(double, p);
        std::vector<at::Tensor> inputs = {leaf({rows, width}), leaf({width})};
        if (centred) inputs.push_back(leaf({width}));
        if (residual) inputs.push_back(leaf({rows, width}));
        compare(inputs, [&](const std::vector<at::Tensor>& of) {
            Parameter weight{"weight", {}, of[1]}, bias{"bias", {}, centred ? of[2] : at::Tensor()};
            const Norm norm{&weight, centred ? &bias : nullptr, 1e-6};
            DropoutStream stream{11, 0};
            return std::vector{residual ? norm.of_sum(of.back(), of[0], p, &stream) : norm(of[0])};
        });
    }

    void frozenNormsPassGradientsOn() {
        const at::Tensor x = leaf({5, 8});
        Parameter weight{"weight", {}, numbers({8})}, bias{"bias", {}, numbers({8})};
        const Norm norm{&weight, &bias, 1e-6};
        QVERIFY(gradients({norm(x)}, {x})[0].defined());
        const at::Tensor frozen = numbers({5, 8});
        QVERIFY(gradients({norm.of_sum(frozen, x, 0.5, nullptr)}, {x})[0].defined());
        QVERIFY(gradients({norm.of_sum(x, frozen, 0.5, nullptr)}, {x})[0].defined());
        QVERIFY(!norm(frozen).requires_grad());
    }

    void droppedSums() {
        compare({leaf({9, 7}), leaf({9, 7})}, [](const std::vector<at::Tensor>& of) {
            DropoutStream stream{3, 0};
            return std::vector{add_dropped(of[0], of[1], 0.4, &stream)};
        });
    }

    void gates() {
        compare({leaf({13, 21}) * 4, leaf({13, 21})},
                [](const std::vector<at::Tensor>& of) { return std::vector{gated_silu(of[0], of[1])}; });
        // Far from zero nothing overflows.
        const at::Tensor far = numbers({4, 16}) * 200, one = numbers({4, 16});
        QVERIFY(at::allclose(gated_silu(far, one), at::silu(far) * one, 1e-5, 1e-5));
    }

    void gelus() {
        compare({leaf({13, 21}) * 3},
                [](const std::vector<at::Tensor>& of) { return std::vector{activate(of[0], Activation::gelu)}; });
        const at::Tensor far = numbers({4, 16}) * 100;
        QVERIFY(at::allclose(activate(far, Activation::gelu), at::gelu(far), 1e-6, 1e-6));
    }

    void rotations() {
        const at::Tensor angle = numbers({6, 1, 5}).repeat({1, 1, 2});
        compare({leaf({6, 30})}, [&](const std::vector<at::Tensor>& of) {
            const at::Tensor exact = angle.to(of[0].scalar_type());
            return std::vector{rotate(of[0], {exact.cos(), exact.sin()}, 10)};
        });
    }

    void mapsOfOneInput_data() {
        QTest::addColumn<double>("p");
        QTest::newRow("dropout off") << 0.0;
        QTest::newRow("dropout on") << 0.25;
    }
    // Three maps: two with terms of different rank, one of them without a bias, and one without a term.
    void mapsOfOneInput() {
        QFETCH(double, p);
        const std::vector<at::Tensor> inputs = {leaf({31, 20}), leaf({24, 20}), leaf({24}), leaf({3, 20}),
                                                leaf({24, 3}),  leaf({12, 20}), leaf({12}), leaf({40, 20}),
                                                leaf({5, 20}),  leaf({40, 5})};
        const auto fused = [&](const std::vector<at::Tensor>& of) {
            DropoutStream stream{5, 0};
            const MapCall maps[] = {{of[1], of[2], LowRankTerm{of[3], of[4], 0.5, p}},
                                    {of[5], of[6], std::nullopt},
                                    {of[7], {}, LowRankTerm{of[8], of[9], 2, p}}};
            return linear_maps(of[0], maps, &stream);
        };
        compare(inputs, fused);
        // The same as written: x Wᵀ + b + s · dropout(x) Aᵀ Bᵀ.
        DropoutStream stream{5, 0};
        const auto low = [&](int a, int b, double scale) {
            return at::mm(at::mm(dropout(inputs[0], p, &stream), inputs[std::size_t(a)].t()),
                          inputs[std::size_t(b)].t()) *
                   scale;
        };
        const std::vector<at::Tensor> made = fused(inputs);
        const std::vector<at::Tensor> written = {at::linear(inputs[0], inputs[1], inputs[2]) + low(3, 4, 0.5),
                                                 at::linear(inputs[0], inputs[5], inputs[6]),
                                                 at::linear(inputs[0], inputs[7]) + low(8, 9, 2)};
        const auto of_made = gradients(made, inputs), of_written = gradients(written, inputs);
        for (std::size_t i = 0; i < made.size(); ++i)
            QVERIFY(agree(made[i].detach(), written[i].detach()));
        for (std::size_t i = 0; i < inputs.size(); ++i)
            QVERIFY(agree(of_made[i], of_written[i]));
    }

    void aMapThatNobodyReadsGetsNoGradient() {
        const at::Tensor x = leaf({4, 6}), a = leaf({2, 6}), b = leaf({5, 2}), unread = leaf({5, 2});
        const at::Tensor weight = numbers({5, 6});
        const MapCall maps[] = {{weight, {}, LowRankTerm{a, b, 1, 0}}, {weight, {}, LowRankTerm{a, unread, 1, 0}}};
        const auto made = linear_maps(x, maps, nullptr);
        const auto found = gradients({made[0]}, {x, a, b});
        const auto plain = gradients({at::linear(x, weight) + at::mm(at::mm(x, a.t()), b.t())}, {x, a, b});
        for (std::size_t i = 0; i < found.size(); ++i)
            QVERIFY(agree(found[i], plain[i]));
    }

    // Parts of one fused map: what A reads is dropped once for all of them.
    void mapsThatShareADropTheSameElements() {
        const at::Tensor x = numbers({9, 12}), a = numbers({3, 12}), b = numbers({5, 3}), weight = numbers({5, 12});
        const auto outputs = [&](const at::Tensor& second) {
            DropoutStream stream{5, 0};
            const MapCall maps[] = {{weight, {}, LowRankTerm{a, b, 1, 0.5}},
                                    {weight, {}, LowRankTerm{second, b, 1, 0.5}}};
            return linear_maps(x, maps, &stream);
        };
        const auto shared = outputs(a), apart = outputs(a.clone());
        QVERIFY(at::equal(shared[0], shared[1]));
        QVERIFY(!at::equal(apart[0], apart[1]));
        QVERIFY(at::equal(shared[0], apart[0]));
    }
};

DIAPASON_TEST(TestFused)
#include "test_fused.moc"
