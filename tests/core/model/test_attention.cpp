// The attention node against a plain dense formula, forwards and backwards.

#include "core/model/attention.h"
#include "core/model/dropout.h"
#include "core/model/torch_headers.h"
#include "tests/support/test_support.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/repeat_interleave.h>
#include <ATen/ops/triu.h>

#include <cmath>

using namespace diapason;

namespace {

at::Tensor drawn(std::vector<std::int64_t> shape, std::uint64_t seed) {
    return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed)).requires_grad_();
}

/// One sequence after the other, with torch's own differentiable operations.
at::Tensor dense(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                 const std::vector<std::int64_t>& offsets, const AttentionShape& shape) {
    std::vector<at::Tensor> outputs;
    const std::int64_t groups = shape.heads / shape.kv_heads;
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
        const std::int64_t n = offsets[i + 1] - offsets[i];
        const auto part = [&](const at::Tensor& x, std::int64_t heads) {
            return x.narrow(0, offsets[i], n).view({n, heads, shape.head_width}).transpose(0, 1);
        };
        const at::Tensor keys = part(k, shape.kv_heads).repeat_interleave(groups, 0);
        const at::Tensor values = part(v, shape.kv_heads).repeat_interleave(groups, 0);
        at::Tensor scores = at::matmul(part(q, shape.heads), keys.transpose(1, 2)) * shape.scale;
        if (shape.causal) scores = scores + at::triu(at::full({n, n}, -INFINITY), 1);
        if (shape.window > 0) scores = scores + at::tril(at::full({n, n}, -INFINITY), -shape.window);
        outputs.push_back(at::matmul(at::softmax(scores, -1), values).transpose(0, 1).reshape({n, -1}));
    }
    return at::cat(outputs);
}

} // namespace

namespace {
const std::vector<std::int64_t> five = {0, 5}, lone = {0, 1}, two = {0, 4, 9};
} // namespace

class TestAttention : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void equalsTheDenseFormula_data() {
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("kvHeads");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("causal");
        QTest::addColumn<int>("window");
        QTest::newRow("encoder") << 4 << 4 << 8 << false << 0;
        QTest::newRow("decoder") << 4 << 4 << 8 << true << 0;
        QTest::newRow("grouped queries") << 6 << 2 << 4 << true << 0;
        QTest::newRow("one head, odd width") << 1 << 1 << 7 << false << 0;
        QTest::newRow("window") << 4 << 2 << 8 << true << 3;
        QTest::newRow("window of one") << 2 << 2 << 5 << true << 1;
    }
    void equalsTheDenseFormula() {
        QFETCH(int, heads);
        QFETCH(int, kvHeads);
        QFETCH(int, width);
        QFETCH(bool, causal);
        QFETCH(int, window);
        const std::vector<std::int64_t> offsets = {0, 5, 6, 13, 13 + 17, 35};
        const AttentionShape shape{heads, kvHeads, width, causal, 1 / std::sqrt(double(width)), 0, window};
        const at::Tensor q = drawn({35, heads * width}, 1), k = drawn({35, kvHeads * width}, 2),
                         v = drawn({35, kvHeads * width}, 3), weight = drawn({35, heads * width}, 4).detach();
        const at::Tensor expected = dense(q, k, v, offsets, shape),
                         got = packed_attention(q, k, v, {offsets, offsets}, shape);
        QVERIFY(at::allclose(got, expected, 1e-5, 1e-5));
        (expected * weight).sum().backward();
        const at::Tensor gq = q.grad().clone(), gk = k.grad().clone(), gv = v.grad().clone();
        for (const at::Tensor& x : {q, k, v})
            x.mutable_grad() = at::Tensor();
        (got * weight).sum().backward();
        QVERIFY(at::allclose(q.grad(), gq, 1e-4, 1e-5));
        QVERIFY(at::allclose(k.grad(), gk, 1e-4, 1e-5));
        QVERIFY(at::allclose(v.grad(), gv, 1e-4, 1e-5));
    }

    // Another text's keys, as a decoder reads its encoder; a bias over positions with its gradient.
    void readsAnotherTextWithABias() {
        const std::vector<std::int64_t> queries = {0, 3, 5}, keys = {0, 4, 11};
        const AttentionShape shape{2, 2, 4, false, 0.5};
        const at::Tensor q = drawn({5, 8}, 1), k = drawn({11, 8}, 2), v = drawn({11, 8}, 3), bias = drawn({2, 7, 7}, 4),
                         weight = drawn({5, 8}, 5).detach();
        std::vector<at::Tensor> outputs;
        for (std::size_t s = 0; s < 2; ++s) {
            const std::int64_t n = queries[s + 1] - queries[s], m = keys[s + 1] - keys[s];
            const auto rows = [](const at::Tensor& x, std::int64_t first, std::int64_t count) {
                return x.narrow(0, first, count).view({count, 2, 4}).transpose(0, 1);
            };
            // A bias depends on distances only: shorter texts take its last rows and columns.
            const at::Tensor scores = at::matmul(rows(q, queries[s], n), rows(k, keys[s], m).transpose(1, 2)) * 0.5 +
                                      bias.narrow(1, 7 - n, n).narrow(2, 7 - m, m);
            outputs.push_back(
                at::matmul(at::softmax(scores, -1), rows(v, keys[s], m)).transpose(0, 1).reshape({n, -1}));
        }
        const at::Tensor expected = at::cat(outputs), got = packed_attention(q, k, v, {queries, keys}, shape, bias);
        QVERIFY(at::allclose(got, expected, 1e-5, 1e-5));
        (expected * weight).sum().backward();
        std::vector<at::Tensor> gradients;
        for (const at::Tensor& x : {q, k, v, bias}) {
            gradients.push_back(x.grad().clone());
            x.mutable_grad() = at::Tensor();
        }
        (got * weight).sum().backward();
        std::size_t i = 0;
        for (const at::Tensor& x : {q, k, v, bias})
            QVERIFY(at::allclose(x.grad(), gradients[i++], 1e-4, 1e-5));
    }

    // A text read in two pieces, the second over cached keys, gives the rows of the whole.
    void goesOnFromACache_data() {
        QTest::addColumn<int>("window");
        QTest::newRow("all keys") << 0;
        QTest::newRow("a window") << 3;
    }
    void goesOnFromACache() {
        QFETCH(int, window);
        const std::vector<std::int64_t> whole = {0, 6}, head = {0, 4}, tail = {0, 2};
        const AttentionShape shape{4, 2, 4, true, 0.5, 0, window};
        const at::Tensor q = drawn({6, 16}, 1), k = drawn({6, 8}, 2), v = drawn({6, 8}, 3);
        const at::Tensor all = packed_attention(q, k, v, {whole, whole}, shape);
        const at::Tensor first =
            packed_attention(q.narrow(0, 0, 4), k.narrow(0, 0, 4), v.narrow(0, 0, 4), {head, head}, shape);
        const at::Tensor second = packed_attention(q.narrow(0, 4, 2), k, v, {tail, whole}, shape);
        QVERIFY(at::allclose(at::cat({first, second}), all, 1e-5, 1e-6));
    }

    // In loops and in products, the latter also for texts that are too long for loops.
    void aWindowThatHoldsTheTextChangesNothing() {
        for (const std::int64_t length : {9, 300}) {
            const std::vector<std::int64_t> rows = {0, length};
            const at::Tensor q = drawn({length, 16}, 1), k = drawn({length, 8}, 2), v = drawn({length, 8}, 3);
            AttentionShape shape{4, 2, 4, true, 0.5};
            const at::Tensor all = packed_attention(q, k, v, {rows, rows}, shape);
            shape.window = length;
            QVERIFY(at::equal(packed_attention(q, k, v, {rows, rows}, shape), all));
            shape.window = length - 1; // the last query alone misses the first key
            const at::Tensor shorter = packed_attention(q, k, v, {rows, rows}, shape);
            QVERIFY(at::equal(shorter.narrow(0, 0, length - 1), all.narrow(0, 0, length - 1)));
            QVERIFY(!at::equal(shorter[length - 1], all[length - 1]));
        }
    }

    // With one head, or one token, the rows already lie as the kernel wants them.
    void leavesItsInputsAlone() {
        const AttentionShape shape{1, 1, 4, false, 0.5};
        const at::Tensor q = drawn({5, 4}, 1).detach(), before = q.clone();
        packed_attention(q, drawn({5, 4}, 2), drawn({5, 4}, 3), {five, five}, shape);
        QVERIFY(at::equal(q, before));
        const AttentionShape four{4, 4, 2, false, 0.5};
        const at::Tensor one = drawn({1, 8}, 1).detach(), same = one.clone();
        packed_attention(one, drawn({1, 8}, 2), drawn({1, 8}, 3), {lone, lone}, four);
        QVERIFY(at::equal(one, same));
    }

    void computesOnlyNeededGradients() {
        const AttentionShape shape{2, 2, 4, false, 0.5};
        const at::Tensor q = drawn({5, 8}, 1), k = drawn({5, 8}, 2).detach(), v = drawn({5, 8}, 3).detach();
        packed_attention(q, k, v, {five, five}, shape).sum().backward();
        QVERIFY(q.grad().defined() && !k.grad().defined() && !v.grad().defined());
        QVERIFY(!packed_attention(q.detach(), k, v, {five, five}, shape).requires_grad());
    }

    void dropoutIsAFunctionOfSeedAndCall() {
        const at::Tensor x = at::ones({200, 500});
        DropoutStream a{7, 0}, b{7, 0}, c{8, 0};
        const at::Tensor first = dropout(x, 0.3, &a), second = dropout(x, 0.3, &a);
        QVERIFY(at::equal(first, dropout(x, 0.3, &b)));
        QVERIFY(!at::equal(first, second) && !at::equal(first, dropout(x, 0.3, &c)));
        QCOMPARE(a.counter, std::uint64_t(2));
        QVERIFY(std::abs(first.mean().item<double>() - 1) < 0.01);
        const double share = (first == 0).to(at::kFloat).mean().item<double>();
        QVERIFY(std::abs(share - 0.3) < 0.01);
        QVERIFY(dropout(x, 0.3, nullptr).is_same(x) && dropout(x, 0, &a).is_same(x));
    }

    // What devices without our loops compute must be the same mask, and a part of a mask the same elements.
    void masksAreTheSameEverywhere() {
        DropoutStream stream{3, 0};
        const DropoutKey mask = stream.next(0.25);
        const at::Tensor ones = at::ones({37, 11});
        const at::Tensor loop = apply_mask(ones, mask), general = apply_mask(ones.to(at::kDouble), mask);
        QVERIFY(at::equal(loop.eq(0), general.eq(0)));
        QVERIFY(at::allclose(loop, general.to(at::kFloat), 1e-6, 0));
        QVERIFY(at::equal(apply_mask(ones.view(-1).narrow(0, 100, 50), mask, 100), loop.view(-1).narrow(0, 100, 50)));
    }

    void dropoutPassesTheGradientOfKeptElements() {
        const at::Tensor x = drawn({40, 30}, 1);
        DropoutStream stream{5, 0};
        const at::Tensor y = dropout(x, 0.5, &stream);
        y.sum().backward();
        QVERIFY(at::equal(x.grad(), (y != 0).to(at::kFloat) * 2));
    }

    // Loops of our own against batched products (double precision takes those), with everything on: grouped heads,
    // odd widths, a bias, a causal mask, dropout, more keys than queries, an empty sequence.
    void loopsEqualProducts_data() {
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("kv_heads");
        QTest::addColumn<int>("width");
        QTest::addColumn<bool>("causal");
        QTest::addColumn<bool>("biased");
        QTest::addColumn<double>("drop");
        QTest::addColumn<int>("window");
        QTest::newRow("plain") << 2 << 2 << 16 << false << false << 0.0 << 0;
        QTest::newRow("odd width") << 3 << 3 << 5 << false << false << 0.0 << 0;
        QTest::newRow("grouped, causal") << 6 << 2 << 16 << true << false << 0.0 << 0;
        QTest::newRow("bias") << 2 << 2 << 20 << false << true << 0.0 << 0;
        QTest::newRow("window") << 6 << 2 << 16 << true << false << 0.0 << 18;
        QTest::newRow("everything") << 4 << 2 << 33 << true << true << 0.3 << 5;
    }
    void loopsEqualProducts() {
        QFETCH(int, heads);
        QFETCH(int, kv_heads);
        QFETCH(int, width);
        QFETCH(bool, causal);
        QFETCH(bool, biased);
        QFETCH(double, drop);
        QFETCH(int, window);
        const AttentionShape shape{heads, kv_heads, width, causal, 0.3, 0, window};
        const std::vector<std::int64_t> queries = {0, 1, 1, 18, 51}, keys = {0, 1, 4, 40, 80};
        std::vector<at::Tensor> results[2];
        for (const bool loops : {true, false}) {
            const auto type = loops ? at::kFloat : at::kDouble;
            const auto leaf = [&](std::vector<std::int64_t> size, int seed) {
                return drawn(size, seed).detach().to(type).requires_grad_(true);
            };
            const at::Tensor q = leaf({51, heads * width}, 1), k = leaf({80, kv_heads * width}, 2),
                             v = leaf({80, kv_heads * width}, 3), bias = leaf({heads, 45, 50}, 4);
            DropoutStream stream{9, 0};
            const at::Tensor out = packed_attention(q, k, v, {queries, keys}, shape, biased ? bias : at::Tensor(), drop,
                                                    drop > 0 ? &stream : nullptr);
            (out * drawn({51, heads * width}, 5).detach().to(type)).sum().backward();
            results[loops ? 0 : 1] = {out, q.grad(), k.grad(), v.grad()};
            if (biased) results[loops ? 0 : 1].push_back(bias.grad());
        }
        for (std::size_t i = 0; i < results[0].size(); ++i) {
            const double difference = (results[0][i].to(at::kDouble) - results[1][i]).abs().max().item<double>();
            QVERIFY2(difference < 2e-5, qPrintable(QStringLiteral("tensor %1: %2").arg(i).arg(difference)));
        }
    }

    void attentionDropoutIsRepeatable() {
        const AttentionShape shape{2, 2, 4, true, 0.5};
        const at::Tensor q = drawn({9, 8}, 1), k = drawn({9, 8}, 2), v = drawn({9, 8}, 3);
        DropoutStream a{1, 0}, b{1, 0};
        const at::Tensor once = packed_attention(q, k, v, {two, two}, shape, {}, 0.5, &a);
        QVERIFY(at::equal(once, packed_attention(q, k, v, {two, two}, shape, {}, 0.5, &b)));
        QVERIFY(!at::equal(once, packed_attention(q, k, v, {two, two}, shape)));
        once.sum().backward();
        QVERIFY(q.grad().isfinite().all().item<bool>());
    }
};

DIAPASON_TEST(TestAttention)
#include "test_attention.moc"
