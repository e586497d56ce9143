// Golden cases of chat templates as diapason-cli verify checks them.

#include "experiments/engine/verify/verify.h"
#include "tests/support/test_support.h"
#include "tests/support/verified.h"

using namespace diapason;
using namespace diapason::testing;

class TestChat : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyCasePasses_data() {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<int>("cases");
        QTest::newRow("clone") << QString::fromStdString((fixtures() / "chat").string()) << 50;
        if (const auto all = shared_material("fixtures/chat"))
            QTest::newRow("all") << QString::fromStdString(all->string()) << 98;
    }
    void everyCasePasses() {
        QFETCH(QString, folder);
        QFETCH(int, cases);
        const auto [result, failures] = verified(folder.toStdString());
        QVERIFY2(result.failed == 0, failures.c_str());
        QVERIFY2(result.passed >= cases, std::to_string(result.passed).c_str());
    }

    void aWrongExpectationIsNoticed_data() {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<bool>("good");
        const auto row = [](const char* name, const char* more, bool good) {
            QTest::newRow(name) << QByteArray(R"({"id": "x", "messages": [], )") + more + "}" << good;
        };
        row("right", R"("template": "a", "expected": "a")", true);
        row("other text", R"("template": "a", "expected": "b")", false);
        row("refused as expected", R"("template": "{{ raise_exception('no') }}", "error": "no")", true);
        row("refused for another reason",
            R"("template": "{{ raise_exception('no') }}", "error": "quite another reason")", false);
        row("refused unexpectedly", R"("template": "{{ 1 + }}", "expected": "a")", false);
        row("not refused", R"("template": "a", "error": "no")", false);
        row("no expectation", R"("template": "a")", false);
    }
    void aWrongExpectationIsNoticed() {
        QFETCH(QByteArray, line);
        QFETCH(bool, good);
        TemporaryFolder folder;
        write_text(folder / "case.json", R"({"kind": "chat"})");
        write_text(folder / "cases.jsonl", line.toStdString() + "\n");
        const auto [result, failures] = verified(folder.path());
        QVERIFY2(result.passed == (good ? 1 : 0) && result.failed == (good ? 0 : 1), failures.c_str());
    }
};

DIAPASON_TEST(TestChat)
#include "test_chat.moc"
