// Adapters: choices that do not go together, insertion and scale, combinations, masks, gated prefixes, decoding.

#include "core/eval/incremental.h"
#include "methods/catalog/delta_choices.h"
#include "methods/catalog/method_info.h"
#include "methods/deltas/adapter/delta_tensor.h"
#include "methods/deltas/prefix_delta.h"
#include "methods/interchange/peft/peft_folder.h"
#include "methods/method.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>

#include <QTemporaryDir>

using namespace diapason;
using namespace diapason::testing;

namespace {

HeadSpec head_of(const std::string& family) {
    return heads_of(family).back();
}

at::Tensor logits_of(Model& model, const HeadSpec& head, const ForwardState& state = {}) {
    const c10::NoGradGuard guard;
    return model.logits(PackedBatch::pack(tiny_sequences(head), at::kCPU), state);
}

std::string refusal(DeltaForm form, DeltaInsertion insertion, const char* point, DeltaComposition composition) {
    return refusal_of({form, insertion, point, composition});
}

void add_families() {
    QTest::addColumn<QString>("family");
    for (const char* family : all_families)
        QTest::newRow(family) << family;
}

} // namespace

class TestAdapters : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void choicesThatDoNotGoTogetherAreRefused() {
        using F = DeltaForm;
        using I = DeltaInsertion;
        using C = DeltaComposition;
        QCOMPARE(refusal(F::bottleneck, I::serial, "block", C::add), std::string());
        QCOMPARE(refusal(F::low_rank, I::parallel, "q", C::scaled), std::string());
        QCOMPARE(refusal(F::rows, I::parallel, "kv", C::gated), std::string());
        QCOMPARE(refusal(F::multi_head, I::parallel, "heads", C::learned), std::string());
        QVERIFY(refusal(F::multi_head, I::serial, "heads", C::add).find("cannot be serial") != std::string::npos);
        QVERIFY(refusal(F::multi_head, I::parallel, "block", C::add).find("point heads") != std::string::npos);
        QVERIFY(refusal(F::bottleneck, I::parallel, "block", C::gated).find("no softmax") != std::string::npos);
        QVERIFY(refusal(F::bottleneck, I::parallel, "kv", C::add).find("point kv") != std::string::npos);
        QVERIFY(refusal(F::rows, I::parallel, "block", C::gated).find("point kv") != std::string::npos);
        QVERIFY(refusal(F::rows, I::serial, "kv", C::gated).find("beside") != std::string::npos);
        QVERIFY(refusal(F::rows, I::parallel, "kv", C::learned).find("gate") != std::string::npos);
        QVERIFY(refusal(F::bottleneck, I::serial, "embedding", C::add).find("outside") != std::string::npos);
    }

    void methodsRefuseWhatCannotBe() {
        const auto message = [](const char* method, const Json& options) {
            const auto model = tiny_model("bert", {HeadKind::none, 0});
            return caught([&] { attach(*model, method, options); }).message;
        };
        QVERIFY(message("serial_adapter", {{"sites", "kv"}}).find("point kv") != std::string::npos);
        QVERIFY(message("multi_head_adapter", {{"sites", "block"}}).find("point heads") != std::string::npos);
        QVERIFY(message("compacter", {{"kronecker", 3}}).find("does not divide") != std::string::npos);
        QVERIFY(message("serial_adapter", {{"drop_first", 3}}).find("leaves no layer") != std::string::npos);
        QVERIFY(message("parallel_adapter", {{"sites", "q"}, {"norm", "in"}}).find("norm") != std::string::npos);
    }

    void anUpProjectionOfZerosChangesNothing_data() { add_families(); }
    void anUpProjectionOfZerosChangesNothing() {
        QFETCH(QString, family);
        const HeadSpec head = head_of(family.toStdString());
        const auto plain = tiny_model(family.toStdString(), head);
        for (const auto& [method, options] :
             std::vector<std::pair<const char*, Json>>{{"serial_adapter", Json::object()},
                                                       {"serial_adapter", {{"sites", "block heads linear"}}},
                                                       {"parallel_adapter", {{"sites", "block heads linear"}}},
                                                       {"multi_head_adapter", Json::object()}}) {
            const auto model = tiny_model(family.toStdString(), head);
            attach(*model, method, options);
            QVERIFY(at::equal(logits_of(*model, head), logits_of(*plain, head)));
            shake(*model);
            QVERIFY(!at::allclose(logits_of(*model, head), logits_of(*plain, head)));
        }
    }

    void theScaleMultipliesTheChange() {
        const HeadSpec head{HeadKind::none, 0};
        const auto change = [&](const Json& options) {
            const auto model = tiny_model("gpt2", head);
            Json given = {{"size", 3}, {"init", "normal"}, {"sites", "*.2.ffn.block"}};
            given.update(options);
            attach(*model, "parallel_adapter", given);
            const c10::NoGradGuard guard;
            const PackedBatch batch = PackedBatch::pack(tiny_sequences({HeadKind::causal_lm, 0}), at::kCPU);
            std::vector<at::Tensor> all = model->hidden(batch, {}, true).all;
            // Before the final norm the last layer's output is what it read plus its sublayers.
            return model->backbone().stacks()[0].layers[2].ffn_block.deltas[0]->apply(at::zeros_like(all[2]),
                                                                                      {all[2], all[2], nullptr}, {});
        };
        const at::Tensor once = change({{"composition", "add"}});
        QVERIFY(at::allclose(change({{"composition", "scaled"}, {"scale", 3.0}}), once * 3));
        QVERIFY(at::allclose(change({{"composition", "learned"}}), once)); // s starts at 1
    }

    void whatAParallelAdapterReadsMattersWhereNormsComeFirst() {
        for (const char* family : {"gpt2", "bert"}) {
            const HeadSpec head = head_of(family);
            const auto with = [&](const char* input) {
                const auto model = tiny_model(family, head);
                attach(*model, "parallel_adapter", {{"input", input}, {"init", "normal"}});
                shake(*model);
                return logits_of(*model, head);
            };
            QCOMPARE(at::allclose(with("residual"), with("sublayer_input")), family == std::string("bert"));
        }
    }

    void adapterDropLeavesLowerLayersAlone() {
        const auto model = tiny_model("bart", {HeadKind::seq2seq_lm, 0});
        attach(*model, "serial_adapter", {{"drop_first", 2}, {"sites", "*.*.ffn.block"}});
        for (const Stack& stack : model->backbone().stacks()) {
            for (std::size_t i = 0; i < stack.layers.size(); ++i)
                QCOMPARE(stack.layers[i].ffn_block.deltas.size(), std::size_t(i >= 2 ? 1 : 0));
        }
    }

    void dropoutIsTheDeltasOwn() {
        const HeadSpec head = head_of("bert");
        const auto model = tiny_model("bert", head);
        attach(*model, "serial_adapter", {{"dropout", 0.5}, {"init", "normal"}});
        shake(*model);
        const at::Tensor still = logits_of(*model, head);
        DropoutStream stream{3, 0};
        ForwardState state;
        state.delta_dropout = &stream;
        QVERIFY(!at::allclose(logits_of(*model, head, state), still));
        QVERIFY(stream.counter > 0);
        QVERIFY(at::equal(logits_of(*model, head), still));
    }

    // A combination is its parts: the same tensors, the same numbers.
    void mamIsPrefixAndParallelAdapter_data() { add_families(); }
    void mamIsPrefixAndParallelAdapter() {
        QFETCH(QString, family);
        const HeadSpec head = head_of(family.toStdString());
        const auto whole = tiny_model(family.toStdString(), head), parts = tiny_model(family.toStdString(), head);
        attach(*whole, "mam", {{"length", 3}, {"hidden", 5}, {"size", 4}, {"scale", 2.0}});
        attach(*parts, "prefix_tuning", {{"length", 3}, {"hidden", 5}, {"position_shift", "none"}});
        attach(*parts, "parallel_adapter", {{"size", 4}, {"scale", 2.0}});
        QCOMPARE(whole->deltas().all().size(), parts->deltas().all().size());
        for (const auto& parameter : whole->deltas().all())
            QVERIFY2(parts->deltas().find(parameter->name) != nullptr, parameter->name.c_str());
        shake(*whole);
        const c10::NoGradGuard guard;
        for (const auto& parameter : whole->deltas().all())
            parts->deltas().at(parameter->name).value.copy_(parameter->value);
        for (Parameter* parameter : whole->head().trained())
            parts->weights().at(parameter->name).value.copy_(parameter->value);
        QVERIFY(at::equal(logits_of(*whole, head), logits_of(*parts, head)));
    }

    // He et al. 2022, eq. 5: the gated form is the concatenation, rewritten.
    void gatedPrefixesEqualConcatenatedOnes_data() {
        add_families();
        QTest::newRow("mistral") << "mistral"; // with a window that leaves the prefix behind
    }
    void gatedPrefixesEqualConcatenatedOnes() {
        QFETCH(QString, family);
        const HeadSpec head = head_of(family.toStdString());
        const auto with = [&](bool gated) {
            auto model = tiny_model(family.toStdString(), head);
            std::uint64_t seed = 30;
            for (const Stack& known : model->backbone().stacks()) {
                Stack& stack = model->backbone().stack(known.shape.name);
                stack.prefix_biased = false; // the gated form has no distance to its rows
                for (std::size_t i = 0; i < stack.layers.size(); ++i) {
                    for (Attention* attention : {&stack.layers[i].self, &stack.layers[i].cross}) {
                        if (attention == &stack.layers[i].cross && !stack.shape.cross) continue;
                        const std::vector<std::int64_t> shape = {3, stack.shape.kv_heads * stack.shape.head_width};
                        const auto drawn = [&]() -> Parameter& {
                            ++seed;
                            return model->deltas().add(std::to_string(seed), at::randn(shape, generator(seed)));
                        };
                        Parameter &key = drawn(), &value = drawn();
                        attention->prefixes.push_back(std::make_unique<PrefixRows>(key, value, gated));
                        model->train({&key, &value});
                    }
                }
            }
            return model;
        };
        const auto gated = with(true), joined = with(false);
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        const at::Tensor first = gated->logits(batch, {}), second = joined->logits(batch, {});
        QVERIFY(at::allclose(first, second, 1e-4, 1e-5));
        gated->loss(first, batch).mean().backward();
        joined->loss(second, batch).mean().backward();
        for (const auto& parameter : gated->deltas().all())
            QVERIFY2(
                at::allclose(parameter->value.grad(), joined->deltas().at(parameter->name).value.grad(), 1e-3, 1e-5),
                parameter->name.c_str());
    }

    // A part that PEFT cannot hold is not left out silently.
    void peftFoldersRefuseAdapters() {
        const auto model = tiny_model("bert", {HeadKind::none, 0});
        attach(*model, "mam", {{"length", 3}, {"reparametrisation", "none"}});
        QTemporaryDir dir;
        const auto result = caught([&] { write_peft_folder(dir.path().toStdString(), *model, "tiny"); });
        QVERIFY2(result.message.find("no adapters at blocks") != std::string::npos, result.message.c_str());
    }

    void masksKeepTheLargestScores() {
        const at::Tensor scores = at::tensor({0.1f, -0.5f, 0.3f, -0.2f, 0.2f});
        QVERIFY(at::equal(kept_mask(scores, 0.4), at::tensor({0.f, 1.f, 1.f, 0.f, 0.f})));
        QVERIFY(at::equal(kept_mask(scores, 0.6), at::tensor({0.f, 1.f, 1.f, 0.f, 1.f}))); // of equal ones the later
        QVERIFY(at::equal(kept_mask(scores, 1), at::ones({5})));
        Parameter weight{"w", "w", at::tensor({1.f, 2.f, 3.f, 4.f, 5.f})}, score{"s", "s", scores.clone()};
        score.value.set_requires_grad(true);
        const at::Tensor masked = DeltaTensor{&weight, &score, 0.4}.value();
        QVERIFY(at::equal(masked.detach(), at::tensor({0.f, 2.f, 3.f, 0.f, 0.f})));
        masked.sum().backward();
        QVERIFY(at::equal(score.value.grad(), at::tensor({1.f, -2.f, 3.f, -4.f, 5.f}))); // weight · sign(score)
    }

    void decodingStepByStepEqualsTheWhole_data() {
        QTest::addColumn<QString>("family");
        for (const char* family : {"gpt2", "llama", "t5", "bart"})
            QTest::newRow(family) << family;
    }
    void decodingStepByStepEqualsTheWhole() {
        QFETCH(QString, family);
        const bool two = tiny_config(family.toStdString()).encoder_decoder;
        const auto model = tiny_model(family.toStdString(), {two ? HeadKind::seq2seq_lm : HeadKind::causal_lm, 0});
        attach(*model, "serial_adapter", {{"input", "normalised_sum"}});
        attach(*model, "multi_head_adapter", Json::object());
        shake(*model);
        const c10::NoGradGuard guard;
        IncrementalDecoder decoder(*model, {{10, 21, 33}, {11, 25, 26, 27}}, 2);
        decoder.start();
        const at::Tensor step = decoder.step({0, 1}, {30, 31});
        Sequence sequence;
        sequence.ids = {11, 25, 26, 27};
        if (two)
            sequence.target_ids = {2, 31};
        else
            sequence.ids.push_back(31);
        const at::Tensor whole = model->logits(PackedBatch::pack({&sequence, 1}, at::kCPU), {}, Rows::all);
        QVERIFY(at::allclose(step[1], whole[whole.size(0) - 1], 1e-4, 1e-5));
    }
};

DIAPASON_TEST(TestAdapters)
#include "test_adapters.moc"
