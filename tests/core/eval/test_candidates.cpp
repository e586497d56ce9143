// Scores of candidates equal a naive reading of every whole text, in every family.

#include "core/eval/candidates.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/log_softmax.h>
#include <c10/core/GradMode.h>

using namespace diapason;
using namespace diapason::testing;

namespace {

using Tokens = std::vector<std::int64_t>;
constexpr std::int64_t mask = 4;

CandidateOptions options_for(Model& model) {
    CandidateOptions options;
    options.mask_id = mask;
    options.decoder_start_id = model.config().decoder_start_id;
    return options;
}

/// Prompts and candidates of different lengths, some alike in their beginnings.
std::vector<CandidateQuestion> questions_for(Model& model) {
    std::vector<CandidateQuestion> questions = {{{10, 23, 31, 44}, {}, {{20}, {21, 22}, {21, 33, 40, 41}, {50}}},
                                                {{11}, {}, {{7, 8, 9}, {30}}},
                                                {{12, 22, 33, 21, 47, 35}, {}, {{20}}},
                                                {{13, 14}, {}, {{9, 9}, {9, 8}, {8, 9}}}};
    if (model.head_spec().kind == HeadKind::masked_lm) {
        questions[0].behind = {5, 6};
        questions[3].prompt.clear();
        questions[3].behind = {17};
    }
    return questions;
}

/// log p by reading the whole text once for this candidate alone.
double naive(Model& model, const CandidateQuestion& question, const Tokens& candidate) {
    const c10::NoGradGuard guard;
    const auto n = std::int64_t(candidate.size());
    Sequence text;
    text.ids = question.prompt;
    const bool masked = model.head_spec().kind == HeadKind::masked_lm;
    std::int64_t first = std::int64_t(text.ids.size()) - (masked ? 0 : 1); // the row that predicts the first token
    const Tokens filling = masked ? Tokens(candidate.size(), mask) : candidate;
    if (model.config().encoder_decoder) {
        text.target_ids = {model.config().decoder_start_id};
        text.target_ids.insert(text.target_ids.end(), candidate.begin(), candidate.end());
        first = 0;
    } else {
        text.ids.insert(text.ids.end(), filling.begin(), filling.end());
        text.ids.insert(text.ids.end(), question.behind.begin(), question.behind.end());
        if (model.prompt() != nullptr) first += model.prompt()->length();
    }
    const at::Tensor logits = model.logits(PackedBatch::pack({&text, 1}, at::kCPU), {}, Rows::all);
    const at::Tensor log = at::log_softmax(logits, -1);
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i)
        sum += log[first + i][candidate[std::size_t(i)]].item<double>();
    return sum;
}

} // namespace

class TestCandidates : public QObject {
    Q_OBJECT

    void add_families() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<bool>("prompt");
        for (const char* family : all_families) {
            QTest::addRow("%s", family) << family << false;
            QTest::addRow("%s with a prompt", family) << family << true;
        }
    }

private Q_SLOTS:
    void scoresEqualWholeTexts_data() { add_families(); }
    void scoresEqualWholeTexts() {
        QFETCH(QString, family);
        QFETCH(bool, prompt);
        const auto model = language_model(family, prompt);
        const auto questions = questions_for(*model);
        CandidateOptions options = options_for(*model);
        for (const std::size_t rows : {64, 2, 1}) { // however they are cut into batches
            options.rows_at_once = rows;
            for (const bool by_length : {false, true}) {
                options.by_length = by_length;
                const auto results = score_candidates(*model, questions, options);
                QCOMPARE(results.size(), questions.size());
                for (std::size_t q = 0; q < questions.size(); ++q) {
                    QCOMPARE(results[q].scores.size(), questions[q].candidates.size());
                    std::size_t best = 0;
                    for (std::size_t c = 0; c < questions[q].candidates.size(); ++c) {
                        const Tokens& candidate = questions[q].candidates[c];
                        const double whole = naive(*model, questions[q], candidate);
                        const double wanted = by_length ? whole / double(candidate.size()) : whole;
                        const double got = results[q].scores[c];
                        QVERIFY2(std::abs(got - wanted) < 1e-4, qPrintable(QString::number(got - wanted)));
                        if (got > results[q].scores[best]) best = c;
                    }
                    QCOMPARE(results[q].best, best);
                }
            }
        }
    }

    void probabilitiesOfAllSingleTokensSumToOne() {
        for (const char* family : {"gpt2", "bert", "t5"}) {
            const auto model = language_model(QString::fromLatin1(family));
            CandidateQuestion question{{10, 11, 12}, {}, {}};
            for (std::int64_t token = 0; token < model->config().vocabulary; ++token)
                question.candidates.push_back({token});
            double sum = 0;
            const auto result = score_candidates(*model, {&question, 1}, options_for(*model));
            for (const double score : result[0].scores)
                sum += std::exp(score);
            QVERIFY(std::abs(sum - 1) < 1e-5);
        }
    }

    void tiesGoToTheFirst() {
        for (const char* family : all_families) {
            const auto model = language_model(QString::fromLatin1(family));
            CandidateQuestion question{{10, 11}, {}, {{20, 21, 22}, {30}, {20, 21, 22}, {30}}};
            CandidateOptions options = options_for(*model);
            options.rows_at_once = 1;
            const auto result = score_candidates(*model, {&question, 1}, options)[0];
            QCOMPARE(result.scores[0], result.scores[2]); // the very bits
            QCOMPARE(result.scores[1], result.scores[3]);
            QVERIFY(result.best < 2);
        }
    }

    void whatCannotBeScoredIsRefused_data() {
        QTest::addColumn<QString>("family");
        for (const char* family : all_families)
            QTest::addRow("%s", family) << family;
    }
    void whatCannotBeScoredIsRefused() {
        QFETCH(QString, family);
        const auto model = language_model(family);
        const CandidateOptions options = options_for(*model);
        const bool masked = model->head_spec().kind == HeadKind::masked_lm;
        const auto refused = [&](CandidateQuestion question, const char* reason, CandidateOptions with) {
            const Caught error = caught([&] { score_candidates(*model, {&question, 1}, with); });
            return error.thrown && error.kind == ErrorKind::config && error.says(reason) &&
                   error.message.find('\n') == std::string::npos;
        };
        QVERIFY(refused({{10}, {}, {}}, "there is no candidate", options));
        QVERIFY(refused({{10}, {}, {{20}, {}}}, "questions[0].candidates[1]: is empty", options));
        QVERIFY(refused({{10}, {}, {{20, 60}}}, "candidates[0] = 60", options));
        QVERIFY(refused({{10}, {}, {{-1}}}, "candidates[0] = -1", options));
        QVERIFY(refused({{10, 1000}, {}, {{20}}}, "questions[0].prompt = 1000", options));
        QCOMPARE(refused({{}, {}, {{20}}}, "prompt: is empty", options), !masked);
        QCOMPARE(refused({{10}, {11}, {{20}}}, "behind", options), !masked);
        if (masked) QVERIFY(refused({{10}, {}, {{20}}}, "mask_id = -1", {}));
        if (model->config().encoder_decoder) QVERIFY(refused({{10}, {}, {{20}}}, "decoder_start_id = -1", {}));
        // Families with learned positions have 64 rows of them here.
        const bool learned = model->config().positions == PositionKind::learned;
        QCOMPARE(refused({Tokens(65, 10), {}, {{20}}}, "positions", options), learned);
    }

    void otherHeadsAreRefused() {
        const auto model = tiny_model("bert", {HeadKind::sequence_classification, 3});
        const CandidateQuestion question{{10}, {}, {{20}}};
        const Caught error = caught([&] { score_candidates(*model, {&question, 1}, options_for(*model)); });
        QVERIFY2(error.says("sequence_classification"), error.message.c_str());
    }

    void stopsBetweenBatches() {
        for (const char* family : {"llama", "bart", "roberta"}) {
            const auto model = language_model(QString::fromLatin1(family));
            const std::vector<CandidateQuestion> questions(4, {{10, 11}, {}, {{20}}});
            CandidateOptions options = options_for(*model);
            options.rows_at_once = 1;
            int asked = 0;
            options.stop = [&] { return ++asked > 2; };
            QCOMPARE(score_candidates(*model, questions, options).size(), std::size_t(2));
        }
    }
};

DIAPASON_TEST(TestCandidates)
#include "test_candidates.moc"
