// Decoding step by step gives what reading the whole text gives; the searches agree where they must.

#include "core/eval/generate.h"
#include "core/eval/incremental.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/allclose.h>
#include <c10/core/GradMode.h>

#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace {

const std::vector<std::vector<std::int64_t>> inputs = {{10, 23, 31, 44}, {11, 50}, {12, 22, 33, 21, 47, 35, 29}};

GenerateOptions generate_options_for(Model& model) {
    GenerateOptions options;
    options.max_new_tokens = 8;
    options.decoder_start_id = model.config().decoder_start_id;
    return options;
}

/// Logits of the token behind `text`, all of it read at once.
at::Tensor next_logits(Model& model, const std::vector<std::int64_t>& input, const std::vector<std::int64_t>& written) {
    const c10::NoGradGuard guard;
    Sequence sequence;
    sequence.ids = input;
    if (model.config().encoder_decoder) {
        sequence.target_ids = {model.config().decoder_start_id};
        sequence.target_ids.insert(sequence.target_ids.end(), written.begin(), written.end());
    } else {
        sequence.ids.insert(sequence.ids.end(), written.begin(), written.end());
    }
    const at::Tensor logits = model.logits(PackedBatch::pack({&sequence, 1}, at::kCPU), {}, Rows::all);
    return logits[logits.size(0) - 1];
}

} // namespace

class TestGenerate : public QObject {
    Q_OBJECT

    void add_families() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<bool>("prompt");
        for (const char* family : all_families) {
            if (heads_of(family).back().kind == HeadKind::masked_lm) continue;
            QTest::addRow("%s", family) << family << false;
            QTest::addRow("%s with a prompt", family) << family << true;
        }
        QTest::newRow("a sliding window") << "mistral" << false; // of 4 keys, less than the texts
        QTest::newRow("a sliding window and a prompt") << "mistral" << true;
    }

private Q_SLOTS:
    void stepsOverACacheEqualTheWholeText_data() { add_families(); }
    void stepsOverACacheEqualTheWholeText() {
        QFETCH(QString, family);
        QFETCH(bool, prompt);
        const auto model = language_model(family, prompt);
        IncrementalDecoder decoder(*model, inputs, model->config().decoder_start_id);
        at::Tensor logits = decoder.start();
        for (std::size_t i = 0; i < inputs.size(); ++i)
            QVERIFY(at::allclose(logits[std::int64_t(i)], next_logits(*model, inputs[i], {}), 1e-4, 1e-5));
        // The second text goes on twice, the first ends: rows move as in a beam search.
        decoder.step({0, 1, 2}, {20, 21, 22});
        logits = decoder.step({1, 2, 1}, {30, 31, 32});
        QVERIFY(at::allclose(logits[0], next_logits(*model, inputs[1], {21, 30}), 1e-4, 1e-5));
        QVERIFY(at::allclose(logits[1], next_logits(*model, inputs[2], {22, 31}), 1e-4, 1e-5));
        QVERIFY(at::allclose(logits[2], next_logits(*model, inputs[1], {21, 32}), 1e-4, 1e-5));
    }

    void companyChangesNothing_data() { add_families(); }
    void companyChangesNothing() {
        QFETCH(QString, family);
        QFETCH(bool, prompt);
        const auto model = language_model(family, prompt);
        for (const std::int64_t beams : {1, 3}) {
            GenerateOptions options = generate_options_for(*model);
            options.beams = beams;
            options.end_ids = {7};
            const auto together = generate(*model, inputs, options);
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                const auto alone = generate(*model, {inputs[i]}, options);
                QVERIFY(alone.front().tokens == together[i].tokens);
                QVERIFY(std::abs(alone.front().score - together[i].score) < 1e-4);
            }
        }
    }

    void aWiderBeamFindsNothingWorse_data() { add_families(); }
    void aWiderBeamFindsNothingWorse() {
        QFETCH(QString, family);
        QFETCH(bool, prompt);
        const auto model = language_model(family, prompt);
        GenerateOptions options = generate_options_for(*model);
        options.length_penalty = 0;
        options.max_new_tokens = 2; // a beam as wide as the vocabulary is then exact
        const auto greedy = generate(*model, inputs, options);
        options.beams = model->config().vocabulary;
        const auto exact = generate(*model, inputs, options);
        for (std::size_t i = 0; i < inputs.size(); ++i)
            QVERIFY(exact[i].score >= greedy[i].score - 1e-5);
    }

    void endsRepeatsAndLengthsAreHeeded() {
        const auto model = language_model(QStringLiteral("gpt2"));
        GenerateOptions options = generate_options_for(*model);
        options.max_new_tokens = 30;
        const auto free = generate(*model, inputs, options);
        QCOMPARE(free[0].tokens.size(), std::size_t(30));
        // The token that comes first now ends the text at once, and later where a least length is asked for.
        options.end_ids = {free[0].tokens.front()};
        QCOMPARE(generate(*model, inputs, options)[0].tokens, options.end_ids);
        options.min_new_tokens = 5;
        QVERIFY(generate(*model, inputs, options)[0].tokens.size() >= 5);
        options.end_ids.clear();
        options.no_repeat_ngram = 2;
        for (const std::int64_t beams : {1, 4}) {
            options.beams = beams;
            for (std::size_t i = 0; i < inputs.size(); ++i) {
                std::vector<std::int64_t> text = inputs[i];
                const auto written = generate(*model, inputs, options)[i].tokens;
                text.insert(text.end(), written.begin(), written.end());
                std::set<std::pair<std::int64_t, std::int64_t>> seen;
                for (std::size_t t = 0; t + 1 < text.size(); ++t)
                    QVERIFY(seen.emplace(text[t], text[t + 1]).second);
            }
        }
    }

    void samplingIsSeededAndCutAsAsked() {
        const auto model = language_model(QStringLiteral("llama"));
        GenerateOptions options = generate_options_for(*model);
        const auto greedy = generate(*model, inputs, options);
        options.sample = true;
        options.top_k = 1;
        QVERIFY(generate(*model, inputs, options)[0].tokens == greedy[0].tokens);
        options.top_k = 0;
        options.top_p = 1e-9;
        QVERIFY(generate(*model, inputs, options)[0].tokens == greedy[0].tokens);
        options.top_p = 1;
        options.temperature = 3;
        options.seed = 5;
        const auto first = generate(*model, inputs, options), again = generate(*model, inputs, options);
        QVERIFY(first[1].tokens == again[1].tokens);
        options.seed = 6;
        QVERIFY(generate(*model, inputs, options)[1].tokens != first[1].tokens);
    }

    void stopsWhenAsked() {
        const auto model = language_model(QStringLiteral("bart"));
        GenerateOptions options = generate_options_for(*model);
        for (const std::int64_t beams : {1, 2}) {
            options.beams = beams;
            int asked = 0;
            options.stop = [&] { return ++asked > 2; };
            QCOMPARE(generate(*model, inputs, options)[0].tokens.size(), std::size_t(2));
        }
    }
};

DIAPASON_TEST(TestGenerate)
#include "test_generate.moc"
