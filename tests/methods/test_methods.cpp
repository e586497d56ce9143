// What is particular to a method: LoRA's start and merging, the inits of soft prompts.

#include "core/text/tokenizer.h"
#include "methods/catalog/method_info.h"
#include "methods/method.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>

#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

std::filesystem::path encoder_folder() {
    return embedded_backbone("encoder-mini");
}

OptionValues values(const std::string& method, const Json& given) {
    std::vector<Problem> problems;
    OptionValues options = OptionValues::from_json(method_info(method).options, given, method, problems);
    throw_if_any(problems, "test");
    return options;
}

/// The soft prompt that an init makes on the embedded encoder, [P, width], and its word embeddings.
struct Prompt {
    at::Tensor rows, words;
};
Prompt prompt_of(const Json& options, std::uint64_t seed = 1) {
    at::Generator head = generator(9);
    const auto model = Model::load(encoder_folder(), {HeadKind::sequence_classification, 3}, at::kCPU, &head);
    const auto tokenizer = Tokenizer::load(encoder_folder());
    MethodContext context{tokenizer.get(), {"perl module", "game", "network"}, generator(seed)};
    attach_method("prompt_tuning", values("prompt_tuning", options), *model, context);
    return {model->prompt()->rows().detach().clone(), model->backbone().word_embedding().value.detach().clone()};
}

} // namespace

class TestMethods : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void loraStartsAsTheBackbone() {
        const HeadSpec head{HeadKind::sequence_classification, 3};
        for (const char* family : {"bert", "roberta", "gpt2", "llama"}) {
            const auto model = tiny_model(family, head);
            const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
            const at::Tensor before = model->logits(batch, {});
            MethodContext context{nullptr, {}, generator(1)};
            attach_method("lora", values("lora", {{"rank", 4}, {"targets", "q,v"}}), *model, context);
            QVERIFY(at::equal(model->logits(batch, {}), before));
        }
    }

    void mergingKeepsOutputsAndUnmergingTheBits() {
        const HeadSpec head{HeadKind::sequence_classification, 3};
        for (const char* family : {"bert", "roberta", "gpt2", "llama"}) {
            const auto model = tiny_model(family, head);
            MethodContext context{nullptr, {}, generator(1)};
            attach_method("lora", values("lora", {{"rank", 4}, {"alpha", 12.0}, {"targets", "q,k,v,o,fc1,fc2"}}),
                          *model, context);
            {
                const c10::NoGradGuard guard;
                std::uint64_t seed = 3;
                for (const auto& parameter : model->deltas().all())
                    parameter->value.copy_(at::randn(parameter->value.sizes(), generator(++seed)) * 0.2);
            }
            const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
            const at::Tensor apart = model->logits(batch, {}).detach();
            const std::string frozen = model->hash_frozen();
            for (int round = 0; round < 3; ++round) {
                model->merge();
                QVERIFY(model->merged());
                QVERIFY(model->hash_frozen() != frozen);
                QVERIFY(at::allclose(model->logits(batch, {}), apart, 1e-4, 1e-4));
                model->unmerge();
                QCOMPARE(model->hash_frozen(), frozen);
                QVERIFY(at::equal(model->logits(batch, {}), apart));
            }
        }
    }

    void loraDropoutActsOnlyInTraining() {
        const HeadSpec head{HeadKind::sequence_classification, 3};
        const auto model = tiny_model("bert", head);
        MethodContext context{nullptr, {}, generator(1)};
        attach_method("lora", values("lora", {{"rank", 4}, {"targets", "q"}, {"dropout", 0.5}}), *model, context);
        {
            const c10::NoGradGuard guard;
            for (const auto& parameter : model->deltas().all())
                parameter->value.fill_(0.3);
        }
        const PackedBatch batch = PackedBatch::pack(tiny_sequences(head), at::kCPU);
        DropoutStream stream{1, 0}, again{1, 0};
        const at::Tensor plain = model->logits(batch, {});
        ForwardState training;
        training.delta_dropout = &stream;
        const at::Tensor dropped = model->logits(batch, training);
        QVERIFY(!at::equal(dropped, plain));
        training.delta_dropout = &again;
        QVERIFY(at::equal(model->logits(batch, training), dropped));
        QVERIFY(at::equal(model->logits(batch, {}), plain));
    }

    void randomPromptStaysInItsRange() {
        const Prompt prompt = prompt_of({{"length", 50}, {"init", "random"}, {"init_range", 0.25}});
        QCOMPARE(prompt.rows.size(0), std::int64_t(50));
        QVERIFY(prompt.rows.abs().max().item<double>() <= 0.25);
        QVERIFY(prompt.rows.abs().max().item<double>() > 0.2);
    }

    void vocabularyPromptIsMadeOfDifferentWords() {
        const Prompt prompt = prompt_of({{"length", 30}, {"init", "vocabulary"}, {"init_top_k", 500}});
        std::set<std::int64_t> ids;
        for (std::int64_t i = 0; i < 30; ++i) {
            const at::Tensor hits = (prompt.words == prompt.rows.narrow(0, i, 1)).all(1).nonzero();
            QVERIFY(hits.size(0) >= 1);
            ids.insert(hits[0][0].item<std::int64_t>());
        }
        QCOMPARE(ids.size(), std::size_t(30));
        QVERIFY(
            !at::equal(prompt.rows, prompt_of({{"length", 30}, {"init", "vocabulary"}, {"init_top_k", 500}}, 2).rows));
    }

    void labelPromptBeginsWithTheClassWords() {
        const Prompt prompt = prompt_of({{"length", 5}, {"init", "label"}});
        const auto tokenizer = Tokenizer::load(encoder_folder());
        int row = 0;
        for (const char* words : {"perl module", "game", "network"}) {
            std::vector<std::int64_t> ids = tokenizer->encode(words, {.add_special_tokens = false}).ids;
            const at::Tensor mean = prompt.words.index_select(0, index_tensor(ids, at::kCPU)).mean(0);
            QVERIFY(at::allclose(prompt.rows[row++], mean, 1e-5, 1e-6));
        }
    }

    void textPromptRepeatsItsText() {
        const Prompt prompt = prompt_of({{"length", 7}, {"init", "text"}, {"init_text", "which archive section"}});
        const auto tokenizer = Tokenizer::load(encoder_folder());
        const auto ids = tokenizer->encode("which archive section", {.add_special_tokens = false}).ids;
        for (std::size_t i = 0; i < 7; ++i)
            QVERIFY(at::equal(prompt.rows[std::int64_t(i)], prompt.words[ids[i % ids.size()]]));
    }

    void wordInitsNeedATokenizer() {
        const auto model = tiny_model("bert", {HeadKind::sequence_classification, 3});
        MethodContext context{nullptr, {}, generator(1)};
        QVERIFY(caught([&] {
                    attach_method("prompt_tuning", values("prompt_tuning", {{"init", "vocabulary"}}), *model, context);
                }).thrown);
    }

    void promptsThatLeaveNoRoomAreRefused() {
        const auto refusal = method_info("prompt_tuning")
                                 .refusal(tiny_config("bert"), {"sequence_classification", 3},
                                          values("prompt_tuning", {{"length", 200}}));
        QVERIFY2(!refusal.empty(), "64 positions cannot hold 200 soft tokens");
    }
};

DIAPASON_TEST(TestMethods)
#include "tests/support/places.h"

#include "test_methods.moc"
