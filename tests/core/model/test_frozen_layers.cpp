// The layers below everything that is trained: which they are, and that a pass may stop and go on behind them.

#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>

#include <functional>

using namespace diapason;
using namespace diapason::testing;

namespace {

class SameOutput : public LinearDelta {};
class SameBlock : public BlockDelta {
    at::Tensor apply(const at::Tensor& h, const BlockStates&, const ForwardState&) override { return h; }
};
class SameHeads : public HeadsDelta {
    at::Tensor apply(const at::Tensor& h, const HeadStates&, const ForwardState&) override { return h; }
};
class SameStream : public StreamDelta {
    at::Tensor apply(const at::Tensor& x) override { return x; }
};
class SameTable : public TableDelta {
    at::Tensor apply(const at::Tensor& y, const at::Tensor&) override { return y; }
    void merge(at::Tensor&) const override {}
};
class OneRow : public KeyValueDelta {
    std::int64_t length() const override { return 1; }
    KeyValues rows() override { return {at::zeros({1, 16}), at::zeros({1, 16})}; }
};

Stack& stack_of(Model& model) {
    return model.backbone().stack(model.config().stack());
}

/// Trains layer `first` and all above it, the final norm and the head.
std::vector<Parameter*> train_from(Model& model, std::int64_t first) {
    Stack& stack = stack_of(model);
    std::vector<Parameter*> list = model.head().trained();
    for (std::size_t i = std::size_t(first); i < stack.layers.size(); ++i)
        for (const auto& [sublayer, point, linear] : linears_of(stack.layers[i]))
            list.push_back(linear->weight);
    if (stack.final_norm.weight != nullptr) list.push_back(stack.final_norm.weight);
    model.train(list);
    return list;
}

void add_one_stack_families() {
    QTest::addColumn<QString>("family");
    for (const char* family : {"bert", "roberta", "gpt2", "llama"})
        QTest::newRow(family) << family;
}

} // namespace

class TestFrozenLayers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // Sequences that were computed in one company are read in another one: the same losses and gradients.
    void passesGoOn_data() { add_one_stack_families(); }
    void passesGoOn() {
        QFETCH(QString, family);
        for (const HeadSpec& head : heads_of(family.toStdString())) {
            for (std::int64_t first = 1; first <= 3; ++first) {
                const auto model = tiny_model(family.toStdString(), head);
                const auto trained = train_from(*model, first);
                QCOMPARE(model->frozen_layers(), first);
                const auto sequences = tiny_sequences(head, 7);
                const StackStates states = model->entering(PackedBatch::pack(sequences, at::kCPU), first);
                QVERIFY(!states.last.requires_grad());
                QCOMPARE(states.offsets.back(), states.last.size(0));
                std::vector<Sequence> picked;
                std::vector<at::Tensor> rows;
                for (const std::size_t s : {5, 0, 3}) {
                    picked.push_back(sequences[s]);
                    rows.push_back(states.last.slice(0, states.offsets[s], states.offsets[s + 1]));
                }
                const PackedBatch batch = PackedBatch::pack(picked, at::kCPU);
                const auto step = [&](const at::Tensor& read) {
                    const at::Tensor loss = model->loss(model->logits_of(read, {}), batch).mean();
                    std::vector<at::Tensor> gradients = {loss.detach()};
                    if (loss.requires_grad()) loss.backward(); // a language model's head has nothing of its own
                    for (Parameter* parameter : trained) {
                        at::Tensor& gradient = parameter->value.mutable_grad();
                        if (gradient.defined()) gradients.push_back(gradient.clone());
                        gradient = at::Tensor();
                    }
                    return gradients;
                };
                const auto plain = step(model->read(batch, {}));
                const auto cached = step(model->read_entered(at::cat(rows), first, batch, {}));
                QCOMPARE(cached.size(), plain.size());
                for (std::size_t i = 0; i < plain.size(); ++i)
                    QVERIFY(at::allclose(cached[i], plain[i], 1e-4, 1e-6));
            }
        }
    }

    // The same company: the same bits, since nothing else is computed.
    void sameCompanySameBits_data() { add_one_stack_families(); }
    void sameCompanySameBits() {
        QFETCH(QString, family);
        const HeadSpec head = heads_of(family.toStdString()).front();
        const auto model = tiny_model(family.toStdString(), head);
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        const at::Tensor plain = model->read(batch, {});
        for (std::int64_t layer = 1; layer <= 3; ++layer)
            QVERIFY(at::equal(model->read_entered(model->entering(batch, layer).last, layer, batch, {}), plain));
    }

    // One delta or trained tensor at a time, on layer 1 of three.
    void deltasEndIt_data() { add_one_stack_families(); }
    void deltasEndIt() {
        QFETCH(QString, family);
        const HeadSpec head = heads_of(family.toStdString()).front();
        const auto fresh = [&] { return tiny_model(family.toStdString(), head); };
        const auto frozen = [&](const std::function<void(Model&, Stack&)>& change) {
            const auto model = fresh();
            change(*model, stack_of(*model));
            return model->frozen_layers();
        };
        QCOMPARE(fresh()->frozen_layers(), 3);
        QCOMPARE(frozen([](Model& m, Stack&) { m.train_head(); }), 3);
        QCOMPARE(frozen([](Model&, Stack& s) { s.layers[1].ffn.fc2.deltas.push_back(std::make_unique<SameOutput>()); }),
                 1);
        QCOMPARE(
            frozen([](Model&, Stack& s) { s.layers[1].ffn_block.deltas.push_back(std::make_unique<SameBlock>()); }), 1);
        QCOMPARE(
            frozen([](Model&, Stack& s) { s.layers[1].self.head_deltas.push_back(std::make_unique<SameHeads>()); }), 1);
        QCOMPARE(frozen([](Model&, Stack& s) { s.layers[1].self.prefixes.push_back(std::make_unique<OneRow>()); }), 1);
        QCOMPARE(frozen([](Model& m, Stack& s) { m.train({s.layers[1].self_block.norm.weight}); }), 1);
        QCOMPARE(frozen([](Model&, Stack& s) { s.entered.push_back(std::make_unique<SameStream>()); }), 0);
        QCOMPARE(frozen([](Model&, Stack& s) { s.words.deltas.push_back(std::make_unique<SameTable>()); }), 0);
        QCOMPARE(frozen([](Model& m, Stack&) { m.train({&m.backbone().word_embedding()}); }), 0);
        QCOMPARE(frozen([](Model&, Stack& s) { s.position_shift = 2; }), 0);
        QCOMPARE(frozen([](Model& m, Stack&) { m.set_prompt(std::make_unique<TinyPrompt>()); }), 0);
        QCOMPARE(frozen([](Model& m, Stack&) { m.set_prompt_template({}); }), 0);
    }

    void twoStacksHaveNone() {
        for (const char* family : {"t5", "bart"})
            QCOMPARE(tiny_model(family, heads_of(family).front())->frozen_layers(), 0);
    }

    void hashesTellWhatIsBelow() {
        const auto model = tiny_model("gpt2", {HeadKind::sequence_classification, 3});
        const auto other = tiny_model("gpt2", {HeadKind::sequence_classification, 3});
        const std::string one = model->hash_below(1), two = model->hash_below(2);
        QVERIFY(one != two);
        QCOMPARE(other->hash_below(2), two);
        stack_of(*other).layers[1].ffn.fc1.weight->value.add_(1);
        QCOMPARE(other->hash_below(1), one);
        QVERIFY(other->hash_below(2) != two);
    }
};

DIAPASON_TEST(TestFrozenLayers)
#include "test_frozen_layers.moc"
