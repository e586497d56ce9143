// What inspection says, against the same thing computed in a plain way.

#include "core/model/model.h"
#include "methods/inspect/change_recorder.h"
#include "methods/inspect/low_rank.h"
#include "methods/inspect/masks.h"
#include "methods/inspect/soft_prompt.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/diagonal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>

using namespace diapason;
using namespace diapason::testing;

class TestInspect : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void nearWords() {
        const at::Tensor table = at::randn({30, 6}, generator(1));
        const at::Tensor rows = at::cat({table[7].unsqueeze(0), table[3].unsqueeze(0) * 2, at::zeros({1, 6})});
        const auto tokens = nearest_words(rows, table, 4);
        QCOMPARE(tokens.size(), std::size_t(3));
        QCOMPARE(tokens[0].by_distance.size(), std::size_t(4));
        QCOMPARE(tokens[0].by_distance[0].id, std::int64_t(7));
        QVERIFY(tokens[0].by_distance[0].value < 1e-6);
        QCOMPARE(tokens[1].by_cosine[0].id, std::int64_t(3)); // its length plays no part
        QVERIFY(std::abs(tokens[1].by_cosine[0].value - 1) < 1e-9);
        const double length = at::linalg_vector_norm(table[3].to(at::kDouble)).item<double>();
        QVERIFY(std::abs(tokens[1].norm - 2 * length) < 1e-9);
        QCOMPARE(tokens[2].by_cosine[0].value, 0.0);
        for (std::size_t i = 1; i < 4; ++i) {
            QVERIFY(tokens[0].by_cosine[i - 1].value >= tokens[0].by_cosine[i].value);
            QVERIFY(tokens[0].by_distance[i - 1].value <= tokens[0].by_distance[i].value);
        }
        QCOMPARE(nearest_words(rows, table, 100)[0].by_cosine.size(), std::size_t(30));
    }

    void spectraAndSubspaces() {
        const at::Tensor a = at::randn({3, 9}, generator(2)), b = at::randn({7, 3}, generator(3));
        const at::Tensor whole = at::linalg_svdvals(at::mm(b, a).to(at::kDouble)) * 0.5;
        QVERIFY(at::allclose(update_spectrum(a, b, -0.5), whole.narrow(0, 0, 3), 1e-5, 1e-7));
        // With itself: the i nearest directions lie in the j nearest ones.
        const at::Tensor same = subspace_similarity(a, a);
        QVERIFY(at::allclose(same, at::ones_like(same), 1e-9, 1e-9));
        // A rotation of the rows spans the same space: 1 in the corner; strangers share nothing.
        const at::Tensor mixed = at::mm(at::randn({3, 3}, generator(4)), a);
        QVERIFY(std::abs(subspace_similarity(a, mixed)[2][2].item<double>() - 1) < 1e-6);
        const at::Tensor axes = at::eye(6);
        QVERIFY(subspace_similarity(axes.narrow(0, 0, 2), axes.narrow(0, 2, 3)).abs().max().item<double>() < 1e-12);
        // One of two directions is shared.
        const at::Tensor half = subspace_similarity(axes.narrow(0, 0, 2), axes.narrow(0, 1, 2));
        QVERIFY(std::abs(half[1][1].item<double>() - 0.5) < 1e-12);
    }

    void maskOverlap() {
        const at::Tensor first = at::tensor({1.0, 1.0, 0.0, 0.0}), second = at::tensor({0.0, 1.0, 1.0, 0.0});
        const at::Tensor overlap = mask_overlap({first, second, at::zeros({4}), at::zeros({4})});
        const double third = 1.0 / 3;
        QVERIFY(std::abs(overlap[0][1].item<double>() - third) < 1e-12);
        QVERIFY(at::allclose(at::diagonal(overlap), at::ones({4}, at::kDouble)));
        QCOMPARE(overlap[0][2].item<double>(), 0.0);
        QCOMPARE(overlap[2][3].item<double>(), 1.0);
    }

    void changesOfStates() {
        const HeadSpec head{HeadKind::sequence_classification, 3};
        const auto model = tiny_model("bert", head);
        attach(*model, "lora", {{"rank", 2}, {"targets", "encoder.1.self_attn.q"}});
        attach(*model, "serial_adapter", {{"size", 3}});
        shake(*model);
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        const c10::NoGradGuard guard;
        const at::Tensor before = model->logits(batch, {});
        std::vector<SiteChange> changes;
        {
            ChangeRecorder recorder(*model);
            QVERIFY(at::equal(model->logits(batch, {}), before));
            QVERIFY(recorder.attention().empty());
            // All rows of all layers, so that the share can be computed again below.
            const HiddenStates states = model->hidden(batch, {}, true);
            changes = recorder.changes();
            QVERIFY(states.all.size() == 4);
        }
        QVERIFY(at::equal(model->logits(batch, {}), before)); // the deltas are back
        QCOMPARE(changes.size(), std::size_t(1 + 3 * 2));
        QCOMPARE(changes[0].site, std::string("encoder.1.self_attn.q"));
        for (const SiteChange& change : changes)
            QVERIFY2(change.relative > 0 && change.relative < 100, change.site.c_str());
        // Of one pass over all rows.
        ChangeRecorder recorder(*model);
        const HiddenStates states = model->hidden(batch, {}, true);
        Linear* map = nullptr;
        for (const auto& [site, linear] : model->backbone().linears()) {
            if (site.address() == "encoder.1.self_attn.q") map = linear;
        }
        const at::Tensor x = states.all[1];
        const at::Tensor y = at::mm(x, map->matrix().t()) + map->offset();
        const at::Tensor changed = (*map)(x, {});
        const double expected =
            std::sqrt((changed - y).square().sum().item<double>() / y.square().sum().item<double>());
        QVERIFY(std::abs(recorder.changes()[0].relative / expected - 1) < 1e-4);
    }

    // A prefix among the keys and the same one behind its gate get the same attention.
    void attentionOfPrefixes_data() {
        QTest::addColumn<QString>("family");
        for (const char* family : all_families)
            QTest::newRow(family) << family;
    }
    void attentionOfPrefixes() {
        QFETCH(QString, family);
        const HeadSpec head = heads_of(family.toStdString()).front();
        const auto model = tiny_model(family.toStdString(), head);
        attach(*model, "prefix_tuning",
               {{"length", 3}, {"reparametrisation", "none"}, {"init_std", 1.0}, {"relative_bias", "zero"}});
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        const c10::NoGradGuard guard;
        ChangeRecorder recorder(*model);
        ForwardState state;
        state.prefixes = recorder.observer();
        const at::Tensor observed = model->hidden(batch, state).last;
        QVERIFY(at::equal(observed, model->hidden(batch, {}).last));
        const std::vector<PrefixAttention> shares = recorder.attention();
        std::size_t attentions = 0;
        for (const Stack& stack : model->backbone().stacks())
            attentions += stack.layers.size() * (stack.shape.cross ? 2 : 1);
        QCOMPARE(shares.size(), attentions);
        for (const PrefixAttention& own : shares) {
            for (const double share : own.heads)
                QVERIFY2(share > 0 && share < 1, own.site.c_str());
        }
        // Keys that point nowhere get exp(0) each; with the text's scores at 0 too the share is P / (P + T).
        for (const Stack& known : model->backbone().stacks()) {
            Stack& stack = model->backbone().stack(known.shape.name);
            for (Layer& layer : stack.layers) {
                layer.self.q.weight->value.zero_();
                if (layer.self.q.bias != nullptr) layer.self.q.bias->value.zero_();
            }
            if (stack.relative != nullptr) stack.relative->value.zero_();
        }
        ChangeRecorder again(*model);
        state.prefixes = again.observer();
        model->hidden(batch, state);
        const Stack& first = model->backbone().stacks().front();
        double sum = 0, queries = 0;
        for (std::int64_t s = 0; s < batch.sequences(); ++s) {
            const auto length = batch.offsets[std::size_t(s) + 1] - batch.offsets[std::size_t(s)];
            for (std::int64_t t = 0; t < length; ++t) {
                const auto seen = static_cast<double>(first.shape.causal ? t + 1 : length);
                sum += 3 / (3 + seen);
                ++queries;
            }
        }
        const PrefixAttention lowest = again.attention().front();
        for (const double share : lowest.heads)
            QVERIFY2(std::abs(share - sum / queries) < 1e-5,
                     qPrintable(QStringLiteral("%1: %2, %3").arg(family).arg(share).arg(sum / queries)));
    }
};

DIAPASON_TEST(TestInspect)
#include "test_inspect.moc"
