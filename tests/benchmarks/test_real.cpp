// slow
// Real pretrained weights, for whoever has fetched them (tools/get-backbone) and says where they lie: cases on them,
// and a training run of a Python stack followed loss by loss.

#include "experiments/engine/verify/verify.h"
#include "tests/support/test_support.h"

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "benchmarks/peer/peer_data.h"
#include "benchmarks/peer/peer_job.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

std::filesystem::path real_backbone(const std::string& name) {
    const char* folder = std::getenv("DIAPASON_BACKBONES");
    const auto path = std::filesystem::path(folder == nullptr ? "" : folder) / name;
    return folder != nullptr && std::filesystem::exists(path) ? path : std::filesystem::path();
}

// Why a test on it cannot run; empty when it can.
QString absence_of(const QString& name) {
    if (!real_backbone(name.toStdString()).empty()) return {};
    return QStringLiteral("SKIPPED: no %1 in the folder DIAPASON_BACKBONES (tools/get-backbone %1 fetches it)")
        .arg(name);
}

} // namespace

class TestReal : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void cases_data() {
        QTest::addColumn<QString>("only");
        QTest::newRow("minilm") << "minilm";
        QTest::newRow("smollm2") << "smollm2";
    }
    void cases() {
        QFETCH(QString, only);
        DIAPASON_NEEDS(shared, "fixtures/real");
        if (const QString why = absence_of(only); !why.isEmpty()) QSKIP(qPrintable(why));
        std::string failures;
        const auto result = verify_cases(
            *shared, only.toStdString(), "cpu",
            [&](const std::string& line) {
                if (line.rfind("FAIL", 0) == 0) failures += line + "\n";
            },
            std::getenv("DIAPASON_BACKBONES"));
        QVERIFY2(result.failed == 0, failures.c_str());
        QVERIFY(result.passed > 0);
    }

    // LoRA on MiniLM, 20 steps from the same tensors with the same order of sentences: every loss within 1e-5.
    void referenceRun() {
        DIAPASON_NEEDS(data, "data");
        DIAPASON_NEEDS(reference, "peer/reference_run");
        if (const QString why = absence_of(QStringLiteral("minilm")); !why.isEmpty()) QSKIP(qPrintable(why));
        peer::Job job;
        job.backbone = real_backbone("minilm");
        job.data = *data;
        job.initial = *reference / "init.safetensors";
        job.steps = 20;
        job.batch = 16;
        job.max_train = 2000;
        job.seed = 7;
        job.dropout = job.evaluate = false;
        const peer::Outcome outcome = peer::run(job);
        std::ifstream in(*reference / "losses.txt");
        std::size_t step = 0;
        for (double expected; in >> expected; ++step) {
            QVERIFY(step < outcome.losses.size());
            QVERIFY2(std::abs(outcome.losses[step] - expected) < 1e-5,
                     qPrintable(QStringLiteral("step %1: %2, not %3")
                                    .arg(step)
                                    .arg(outcome.losses[step], 0, 'f', 6)
                                    .arg(expected, 0, 'f', 6)));
        }
        QCOMPARE(step, outcome.losses.size());
    }

    // Fixed by the job's description, so that another program can be set beside this one.
    void orderOfExamples() {
        QCOMPARE(peer::permutation(10, 0, 0), (std::vector<std::size_t>{6, 3, 2, 9, 8, 1, 4, 7, 0, 5}));
        QCOMPARE(peer::permutation(7, 1, 2), (std::vector<std::size_t>{1, 6, 3, 4, 2, 5, 0}));
    }
};

DIAPASON_TEST(TestReal)
#include "test_real.moc"
