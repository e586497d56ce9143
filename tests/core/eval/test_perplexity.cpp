// Likelihoods of packed texts are those of each text alone, token by token.

#include "core/eval/perplexity.h"
#include "tests/support/tiny_models.h"

#include <ATen/ops/log_softmax.h>
#include <c10/core/GradMode.h>

#include <cmath>

using namespace diapason;
using namespace diapason::testing;

namespace {

using Texts = std::vector<std::vector<std::int64_t>>;

const Texts texts = {{10, 23, 31, 44, 5}, {}, {11, 50}, {12}, {12, 22, 33, 21, 47, 35, 29, 12, 22}, {7, 7, 7}};

/// Σ −log p of one text: one pass for each prefix, its last row alone.
double naive(Model& model, const std::vector<std::int64_t>& text) {
    const c10::NoGradGuard guard;
    double nll = 0;
    for (std::size_t end = 1; end < text.size(); ++end) {
        Sequence prefix;
        prefix.ids.assign(text.begin(), text.begin() + std::ptrdiff_t(end));
        const at::Tensor logits = model.logits(PackedBatch::pack({&prefix, 1}, at::kCPU), {}, Rows::all);
        nll -= at::log_softmax(logits[logits.size(0) - 1].to(at::kDouble), 0)[text[end]].item<double>();
    }
    return nll;
}

bool near(double a, double b) {
    return std::abs(a - b) <= 1e-5 * std::max(1.0, std::abs(b));
}

} // namespace

class TestPerplexity : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void packedTextsEqualEachAlone_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<int>("batch");
        for (const char* family : {"gpt2", "llama"}) {
            for (const int batch : {1, 6, 512}) // a text each; some together; all
                QTest::addRow("%s, %d tokens", family, batch) << family << batch;
        }
    }
    void packedTextsEqualEachAlone() {
        QFETCH(QString, family);
        QFETCH(int, batch);
        const auto model = tiny_model(family.toStdString(), {HeadKind::causal_lm, 0});
        const auto found = text_likelihoods(*model, texts, batch);
        QCOMPARE(found.size(), texts.size());
        double nll = 0, tokens = 0;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const double wanted = naive(*model, texts[i]);
            QVERIFY2(near(found[i].nll, wanted), std::to_string(found[i].nll).c_str());
            QCOMPARE(found[i].tokens, std::max<std::int64_t>(0, std::int64_t(texts[i].size()) - 1));
            nll += wanted;
            tokens += double(found[i].tokens);
        }
        QVERIFY(near(*perplexity(found), std::exp(nll / tokens)));
        QVERIFY(*perplexity(found) > 1);
    }

    void nothingPredictedIsUndefined() {
        const auto model = tiny_model("gpt2", {HeadKind::causal_lm, 0});
        const auto found = text_likelihoods(*model, {{}, {12}});
        QCOMPARE(found.size(), std::size_t(2));
        for (const TextLikelihood& text : found) {
            QCOMPARE(text.tokens, std::int64_t(0));
            QCOMPARE(text.nll, 0.0);
        }
        QVERIFY(!perplexity(found));
        QVERIFY(!perplexity({}));
        QVERIFY(text_likelihoods(*model, {}).empty());
    }

    void aWholeSetWeighsTokensNotTexts() { QCOMPARE(*perplexity({{3.0, 1}, {0.0, 2}, {0.0, 0}}), std::exp(1.0)); }

    // Only a decoder alone reads the text that it predicts.
    void otherHeadsAreRefused() {
        for (const char* family : {"t5", "bart", "bert"}) {
            const auto model = tiny_model(family, heads_of(family).back());
            QVERIFY_EXCEPTION_THROWN(text_likelihoods(*model, texts), std::logic_error);
        }
    }

    void stopIsHeededBetweenBatches() {
        const auto model = tiny_model("llama", {HeadKind::causal_lm, 0});
        int asked = 0;
        const Caught stopped = caught([&] { text_likelihoods(*model, texts, 1, [&] { return ++asked == 3; }); });
        QVERIFY(stopped.thrown && stopped.kind == ErrorKind::cancelled);
        QCOMPARE(asked, 3);
    }
};

DIAPASON_TEST(TestPerplexity)
#include "test_perplexity.moc"
