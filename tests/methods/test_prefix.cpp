// Prefixes in decoding, and what they are made of.

#include "core/eval/incremental.h"
#include "core/model/rows.h"
#include "methods/catalog/method_info.h"
#include "methods/method.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/softmax.h>

using namespace diapason;
using namespace diapason::testing;

namespace {

using Ids = std::vector<std::int64_t>;

std::unique_ptr<Model> with_prefix(const std::string& family, const Json& given) {
    const HeadKind language = tiny_config(family).encoder_decoder ? HeadKind::seq2seq_lm : HeadKind::causal_lm;
    auto model = tiny_model(family, {language, 0});
    attach(*model, "prefix_tuning", given);
    return model;
}

// Logits of the token behind `target` (or behind `input` in a decoder alone), computed at once.
at::Tensor at_once(Model& model, const Ids& input, const Ids& target) {
    const c10::NoGradGuard guard;
    Sequence sequence;
    sequence.ids = input;
    if (model.config().encoder_decoder)
        sequence.target_ids = target;
    else
        sequence.ids.insert(sequence.ids.end(), target.begin(), target.end());
    const at::Tensor all = model.logits(PackedBatch::pack({&sequence, 1}, at::kCPU), {}, Rows::all);
    return all[all.size(0) - 1];
}

} // namespace

class TestPrefix : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void decodingStepByStepEqualsTheWhole_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("options");
        for (const char* family : {"gpt2", "llama", "mistral", "t5", "bart"}) {
            for (const char* options :
                 {R"({"length": 3, "hidden": 5})",
                  R"({"length": 3, "reparametrisation": "none", "init_std": 1.0, "relative_bias": "zero"})",
                  R"({"length": 2, "hidden": 5, "position_shift": "none"})",
                  R"({"length": 4, "reparametrisation": "none", "init_std": 1.0, "sites": "decoder.1.self_attn.kv"})"})
                QTest::addRow("%s %s", family, options) << family << options;
        }
        for (const char* family : {"t5", "bart"}) {
            const char* cross =
                R"({"length": 4, "reparametrisation": "none", "init_std": 1.0, "sites": "*.*.cross_attn.kv"})";
            QTest::addRow("%s cross", family) << family << cross;
        }
    }
    void decodingStepByStepEqualsTheWhole() {
        QFETCH(QString, family);
        QFETCH(QString, options);
        const auto model = with_prefix(family.toStdString(), parse_json(options.toStdString(), "test"));
        const bool two = model->config().encoder_decoder;
        const std::vector<Ids> inputs = {{10, 21, 33}, {11, 25, 26, 27, 28}};
        const Ids start = two ? Ids{2} : Ids{};
        IncrementalDecoder decoder(*model, inputs, 2);
        at::Tensor logits = decoder.start();
        for (std::size_t i = 0; i < 2; ++i)
            QVERIFY(at::allclose(logits[std::int64_t(i)], at_once(*model, inputs[i], start), 1e-4, 1e-5));
        // Beams: the second input goes on three times, then one of these twice.
        logits = decoder.step({1, 0, 1, 1}, {30, 31, 32, 33});
        logits = decoder.step({2, 1, 2}, {40, 41, 42});
        const std::pair<std::size_t, Ids> rows[] = {{1, {32, 40}}, {0, {31, 41}}, {1, {32, 42}}};
        for (std::int64_t i = 0; i < 3; ++i) {
            Ids target = start;
            target.insert(target.end(), rows[i].second.begin(), rows[i].second.end());
            QVERIFY(at::allclose(logits[i], at_once(*model, inputs[rows[i].first], target), 1e-4, 1e-5));
        }
    }

    // With keys of zero and values of zero a prefix only takes its share of the attention's mass: (1 − λ) of the rest
    // is left, and λ is what the scores say.
    void prefixRowsTakeTheirShareOfTheAttention() {
        Attention attention;
        ParameterStore store;
        for (const auto& [linear, name] :
             {std::pair{&attention.q, "q"}, {&attention.k, "k"}, {&attention.v, "v"}, {&attention.o, "o"}})
            linear->weight = &store.add(name, at::eye(4));
        attention.shape = {1, 1, 4, false, 1.0};
        struct Rows : KeyValueDelta {
            std::int64_t length() const override { return 2; }
            KeyValues rows() override { return {at::zeros({2, 4}), at::zeros({2, 4})}; }
        };
        attention.prefixes.push_back(std::make_unique<Rows>());
        const at::Tensor x = at::randn({3, 4}, generator(4));
        const std::vector<std::int64_t> offsets = {0, 3};
        PrefixOrders orders;
        AttentionContext context{{offsets, offsets}};
        context.prefixed = &orders;
        const at::Tensor scores = x.mm(x.t());
        const at::Tensor own = at::softmax(scores, -1).mm(x);
        const at::Tensor mass = scores.exp().sum(-1, true);
        QVERIFY(at::allclose(attention(x, x, context, {}), own * mass / (mass + 2), 1e-5, 1e-6));
    }

    void zeroBiasLeavesThePrefixWithoutOne() {
        // T5: with far buckets that differ the two variants do too; distances in the text stay in both.
        const Json flat = {{"length", 3}, {"reparametrisation", "none"}, {"init_std", 1.0}};
        Json zero = flat;
        zero["relative_bias"] = "zero";
        const auto extended = with_prefix("t5", flat), without = with_prefix("t5", zero);
        for (const auto& model : {&extended, &without}) {
            const c10::NoGradGuard guard;
            for (const Stack& stack : (*model)->backbone().stacks())
                stack.relative->value.copy_(at::randn(stack.relative->value.sizes(), generator(5)));
        }
        const Ids input = {10, 21, 33}, target = {2, 30};
        QVERIFY(!at::allclose(at_once(*extended, input, target), at_once(*without, input, target)));
        // A table that is 0 everywhere makes them equal.
        for (const auto& model : {&extended, &without}) {
            const c10::NoGradGuard guard;
            for (const Stack& stack : (*model)->backbone().stacks())
                stack.relative->value.zero_();
        }
        QVERIFY(at::allclose(at_once(*extended, input, target), at_once(*without, input, target)));
    }
};

QTEST_GUILESS_MAIN(TestPrefix)
#include "test_prefix.moc"
