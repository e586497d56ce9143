// Steps of a beam search with scores made for them: who finishes, who wins, and when it ends.

#include "core/eval/beams.h"
#include "tests/support/test_support.h"

#include <ATen/ops/full.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <utility>

using namespace diapason;
using namespace diapason::testing;

namespace {

using Tokens = std::vector<std::int64_t>;
constexpr std::int64_t end_id = 0, vocabulary = 6;

// Log-probabilities of one step: -inf but for the given tokens of each running beam.
at::Tensor step(std::initializer_list<std::initializer_list<std::pair<std::int64_t, double>>> beams) {
    const at::Tensor log =
        at::full({std::int64_t(beams.size()), vocabulary}, -std::numeric_limits<float>::infinity(), at::kFloat);
    std::int64_t row = 0;
    for (const auto& tokens : beams) {
        for (const auto& [token, score] : tokens)
            log[row][token] = score;
        ++row;
    }
    return log;
}

GenerateOptions two_beams(EarlyStopping stopping) {
    GenerateOptions options;
    options.beams = options.returned = 2;
    options.max_new_tokens = 10;
    options.end_ids = {end_id};
    options.length_penalty = 1;
    options.early_stopping = stopping;
    return options;
}

} // namespace

class TestBeams : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // One text has finished, so that one place is left when two candidates finish in one step. The first of them fills
    // the list; the other, too, is better than the text that was there.
    void theLastFinisherOfAStepCanWin() {
        const GenerateOptions options = two_beams(EarlyStopping::full);
        Beams beams({1}, options);
        beams.advance(step({{{2, -1.0}, {3, -1.1}}}), 0);
        QVERIFY(!beams.done());
        beams.advance(step({{{end_id, -0.1}, {4, -0.3}}, {{5, -0.25}}}), 1); // -1.1 / 2; on go 2 4 and 3 5
        QVERIFY(!beams.done());
        QCOMPARE(beams.running().size(), std::size_t(2));
        beams.advance(step({{{end_id, -0.1}}, {{end_id, -0.1}}}), 2); // -1.4 / 3 and -1.45 / 3
        QVERIFY(beams.done());
        const auto results = beams.results();
        QCOMPARE(results.size(), std::size_t(2));
        QCOMPARE(results[0].tokens, (Tokens{2, 4, end_id}));
        QCOMPARE(results[1].tokens, (Tokens{3, 5, end_id}));
        QVERIFY(std::abs(results[0].score + 1.4 / 3) < 1e-6 && std::abs(results[1].score + 1.45 / 3) < 1e-6);
    }

    // The same step where only one of the two is better.
    void theBestOfAStepKeepTheirPlaces() {
        for (const EarlyStopping stopping : {EarlyStopping::full, EarlyStopping::heuristic, EarlyStopping::never}) {
            const GenerateOptions options = two_beams(stopping);
            Beams beams({1}, options);
            beams.advance(step({{{end_id, -0.5}, {2, -1.0}, {3, -1.1}}}), 0); // -0.5 / 1
            QVERIFY(!beams.done());
            beams.advance(step({{{end_id, -0.4}, {4, -9.0}}, {{end_id, -0.1}, {4, -9.0}}}), 1); // -1.4 / 2 and -1.2 / 2
            const auto results = beams.results();
            QCOMPARE(results.front().tokens, (Tokens{end_id}));
            QCOMPARE(results.back().tokens, (Tokens{3, end_id}));
        }
    }

    // Only the best `beams` candidates of a step may finish.
    void othersOfAStepDoNotFinish() {
        const GenerateOptions options = two_beams(EarlyStopping::full);
        Beams beams({1}, options);
        beams.advance(step({{{2, -0.1}, {3, -0.2}, {end_id, -0.3}}}), 0);
        QVERIFY(!beams.done());
        QCOMPARE(beams.results().front().tokens, (Tokens{2})); // nothing has finished
    }
};

DIAPASON_TEST(TestBeams)
#include "test_beams.moc"
