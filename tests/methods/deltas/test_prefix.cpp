// Prefixes in decoding, and what they are made of.

#include "core/eval/incremental.h"
#include "core/model/rows.h"
#include "methods/catalog/method_info.h"
#include "methods/init/text_rows.h"
#include "methods/method.h"
#include "tests/support/tiny_methods.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/softmax.h>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

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

    // The method with the option gives the function without it; the identity itself is tested with the adapters.
    void gatedIsAnotherWayToWriteIt_data() {
        QTest::addColumn<QString>("family");
        for (const char* family : {"bert", "gpt2", "llama", "t5", "bart"})
            QTest::newRow(family) << family;
    }
    void gatedIsAnotherWayToWriteIt() {
        QFETCH(QString, family);
        for (const char* form : {"none", "mlp"}) {
            const auto with = [&](const char* composition) {
                const HeadSpec head = heads_of(family.toStdString()).back();
                auto model = tiny_model(family.toStdString(), head);
                attach(*model, "prefix_tuning",
                       {{"length", 3},
                        {"hidden", 5},
                        {"reparametrisation", form},
                        {"init_std", 1.0},
                        {"relative_bias", "zero"},
                        {"composition", composition}});
                const c10::NoGradGuard guard;
                return model->logits(PackedBatch::pack(tiny_sequences(head), at::kCPU), {});
            };
            QVERIFY(at::allclose(with("gated"), with("concat"), 1e-4, 1e-5));
        }
        const auto why = [&](const Json& options) {
            std::vector<Problem> problems;
            const MethodInfo& info = method_info("prefix_tuning");
            return info.refusal(tiny_config("t5"), {"seq2seq_lm", 0},
                                OptionValues::from_json(info.options, options, "", problems));
        };
        QVERIFY(why({{"composition", "gated"}}).find("relative_bias zero") != std::string::npos);
        QVERIFY(why({{"placement", "infix"}}).find("decoder") != std::string::npos);
    }

    // Rows that begin as the activations of words in front of a text are these words in front of it.
    void wordsAsAPrefixAreTheWords() {
        const fs::path folder = embedded_backbone("decoder-mini");
        const auto tokenizer = Tokenizer::load(folder);
        const auto load = [&] { return Model::load(folder, {HeadKind::causal_lm, 0}, at::kCPU); };
        const auto plain = load(), tuned = load();
        const std::string words = "summarize the package";
        const Ids spoken = tokenizer->encode(words, {.add_special_tokens = false}).ids;
        const Ids text = tokenizer->encode("This package contains", {.add_special_tokens = false}).ids;
        const auto attach_words = [&](Model& model, std::int64_t length) {
            std::vector<Problem> problems;
            const OptionValues options = OptionValues::from_json(
                method_info("prefix_tuning").options,
                {{"length", length}, {"reparametrisation", "none"}, {"init", "text"}, {"init_text", words}}, "",
                problems);
            MethodContext context{tokenizer.get(), {}, generator(1)};
            attach_method("prefix_tuning", options, model, context);
        };
        attach_words(*tuned, std::ssize(spoken));
        Ids joined = spoken;
        joined.insert(joined.end(), text.begin(), text.end());
        QVERIFY(at::allclose(at_once(*tuned, text, {}), at_once(*plain, joined, {}), 1e-4, 1e-4));
        QVERIFY(!at::allclose(at_once(*tuned, text, {}), at_once(*plain, text, {}), 1e-2, 1e-2));
        // Repeated up to the length that was asked for.
        const auto longer = load();
        attach_words(*longer, std::ssize(spoken) + 1);
        joined.insert(joined.begin() + std::ssize(spoken), spoken.front());
        QVERIFY(at::allclose(at_once(*longer, text, {}), at_once(*plain, joined, {}), 1e-4, 1e-4));
        const auto failed = caught([&] {
            attach(*load(), "prefix_tuning", {{"reparametrisation", "none"}, {"init", "text"}, {"init_text", "word"}});
        });
        QVERIFY2(failed.message.find("tokenizer") != std::string::npos, failed.message.c_str());
    }

    // With a network too, as far as it fits them.
    void aNetworkBeginsNearTheWords() {
        const fs::path folder = embedded_backbone("decoder-mini");
        const auto tokenizer = Tokenizer::load(folder);
        const auto begin = [&](const char* init, const char* reparametrisation, const char* depth) {
            std::vector<Problem> problems;
            const OptionValues options = OptionValues::from_json(method_info("prefix_tuning").options,
                                                                 {{"length", 3},
                                                                  {"init", init},
                                                                  {"init_text", "summarize the package"},
                                                                  {"reparametrisation", reparametrisation},
                                                                  {"depth", depth}},
                                                                 "", problems);
            auto model = Model::load(folder, {HeadKind::causal_lm, 0}, at::kCPU);
            MethodContext context{tokenizer.get(), {}, generator(1)};
            attach_method("prefix_tuning", options, *model, context);
            return model;
        };
        const Ids text = tokenizer->encode("This package contains", {.add_special_tokens = false}).ids;
        for (const char* depth : {"every_layer", "embedding"}) {
            const at::Tensor exact = at_once(*begin("text", "none", depth), text, {});
            const auto distance = [&](const char* init) {
                return (at_once(*begin(init, "mlp", depth), text, {}) - exact).norm().item<double>();
            };
            const double fitted = distance("text"), random = distance("random");
            QVERIFY2(fitted < 0.5 * random, (std::to_string(fitted) + " beside " + std::to_string(random)).c_str());
        }
    }

    // On both sides of an encoder-decoder and in cross attention: where a backbone has no activations, there are none.
    void wordsHaveActivationsInEveryAttention() {
        for (const char* family : all_families) {
            const auto model = tiny_model(family, heads_of(family).back());
            const auto caches = text_activations(*model, {10, 20, 30});
            QCOMPARE(caches.size(), model->backbone().stacks().size());
            for (std::size_t s = 0; s < caches.size(); ++s) {
                const Stack& stack = model->backbone().stacks()[s];
                for (std::size_t i = 0; i < stack.layers.size(); ++i) {
                    QVERIFY(caches[s].self[i].keys.sizes() ==
                            at::IntArrayRef({3, stack.shape.kv_heads * stack.shape.head_width}));
                    QCOMPARE(caches[s].cross[i].keys.defined(), stack.shape.cross);
                }
            }
        }
    }

    // Rows taken from real tokens inside a text, in place of these tokens.
    void anInfixOfActivationsIsTheTokens_data() {
        QTest::addColumn<QString>("family");
        QTest::newRow("gpt2") << "gpt2";
        QTest::newRow("llama") << "llama";
    }
    void anInfixOfActivationsIsTheTokens() {
        QFETCH(QString, family);
        const auto bare = tiny_model(family.toStdString(), {HeadKind::causal_lm, 0});
        const auto tuned =
            with_prefix(family.toStdString(), {{"length", 2}, {"reparametrisation", "none"}, {"placement", "infix"}});
        const c10::NoGradGuard guard;
        const auto caches = text_activations(*bare, {10, 11, 40, 41});
        for (std::size_t i = 0; i < caches[0].self.size(); ++i) {
            const std::string name = "decoder." + std::to_string(i) + ".self_attn.kv.";
            tuned->deltas().at(name + "key").value.copy_(caches[0].self[i].keys.narrow(0, 2, 2));
            tuned->deltas().at(name + "value").value.copy_(caches[0].self[i].values.narrow(0, 2, 2));
        }
        Ids input = {10, 11, 50}, none;
        insert_template(
            *tuned->prompt_template(), [](std::int64_t) { return false; }, input, none);
        QCOMPARE(input, (Ids{10, 11, prompt_slot, prompt_slot, 50}));
        QVERIFY(at::allclose(at_once(*tuned, input, {30}), at_once(*bare, {10, 11, 40, 41, 50}, {30}), 1e-4, 1e-5));
        // What stands before the infix does not see it.
        Sequence sequence;
        sequence.ids = input;
        const at::Tensor all = tuned->logits(PackedBatch::pack({&sequence, 1}, at::kCPU), {}, Rows::all);
        QVERIFY(at::allclose(all[1], at_once(*bare, {10, 11}, {}), 1e-4, 1e-5));
        // Step by step, in company.
        const std::vector<Ids> inputs = {input, {12, prompt_slot, prompt_slot, 51}};
        IncrementalDecoder decoder(*tuned, inputs, -1);
        decoder.start();
        const at::Tensor step = decoder.step({1, 0}, {30, 31});
        QVERIFY(at::allclose(step[0], at_once(*tuned, inputs[1], {30}), 1e-4, 1e-5));
        QVERIFY(at::allclose(step[1], at_once(*tuned, inputs[0], {31}), 1e-4, 1e-5));
    }

    // The embedding-only ablation without its network is prompt tuning.
    void embeddingsAloneAreAPrompt() {
        for (const char* family : {"gpt2", "t5"}) {
            const HeadSpec head = heads_of(family).back();
            const auto prefix = tiny_model(family, head), prompt = tiny_model(family, head);
            attach(*prefix, "prefix_tuning", {{"length", 3}, {"reparametrisation", "none"}, {"depth", "embedding"}});
            attach(*prompt, "prompt_tuning", {{"length", 3}, {"init", "random"}});
            const c10::NoGradGuard guard;
            Parameter& rows = prefix->deltas().at(prefix->config().stack() + ".embedding.prompt");
            rows.value.copy_(prompt->deltas().at(rows.name).value);
            const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
            QVERIFY(at::equal(prefix->logits(batch, {}), prompt->logits(batch, {})));
        }
    }

    // Each prefix moves the positions by its own length, whichever is attached first.
    void prefixesMovePositionsTogether() {
        const Json flat = {{"length", 3}, {"reparametrisation", "none"}, {"position_shift", "by_length"}};
        const Json masked = {
            {"form", "prefix"}, {"length", 2}, {"hidden", 5}, {"keep", 0.5}, {"position_shift", "by_length"}};
        for (const bool flat_first : {true, false}) {
            const auto model = tiny_model("gpt2", {HeadKind::causal_lm, 0});
            if (flat_first) attach(*model, "prefix_tuning", flat);
            attach(*model, "propetl", masked);
            if (!flat_first) attach(*model, "prefix_tuning", flat);
            QCOMPARE(model->backbone().stacks().front().position_shift, std::int64_t(5));
        }
    }
};

DIAPASON_TEST(TestPrefix)
#include "tests/support/places.h"

#include "test_prefix.moc"
