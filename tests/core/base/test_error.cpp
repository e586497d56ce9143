// What errors say is bounded, whatever a file is filled with.

#include "core/base/document_version.h"
#include "core/base/visible_text.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

class TestError : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void longWordsAreCut() {
        const std::string huge(100000, 'x');
        const Error error(ErrorKind::config, {"bad " + huge + "\nsecond " + huge, "file", huge, huge, "Remedy"});
        const std::string what = error.what();
        QVERIFY2(what.size() < 5000, std::to_string(what.size()).c_str());
        QVERIFY(what.find("\nsecond ") != std::string::npos && what.find("…") != std::string::npos);
        QVERIFY(what.size() >= 6 && what.compare(what.size() - 6, 6, "Remedy") == 0);
        QCOMPARE(std::string(Error(error.kind(), error.details()).what()), what); // saying it again changes nothing
    }

    // Whole characters stay whole.
    void charactersAreNotCut() {
        std::string umlauts;
        for (int i = 0; i < 500; ++i)
            umlauts += "ä";
        for (std::size_t most = 5; most < 9; ++most) {
            const QByteArray cut = QByteArray::fromStdString(shortened(umlauts, most));
            QCOMPARE(QString::fromUtf8(cut).toUtf8(), cut);
        }
        QCOMPARE(shortened("short", 5), std::string("short"));
    }

    void versions_data() {
        QTest::addColumn<QByteArray>("document");
        QTest::addColumn<int>("kind"); // 0: fine
        QTest::newRow("none") << QByteArray("{}") << 0;
        QTest::newRow("this one") << QByteArray(R"({"version": 2})") << 0;
        QTest::newRow("an older one") << QByteArray(R"({"version": 1})") << 0;
        QTest::newRow("a newer one") << QByteArray(R"({"version": 3})") << int(ErrorKind::incompatible);
        QTest::newRow("a huge one") << QByteArray(R"({"version": 18446744073709551615})")
                                    << int(ErrorKind::incompatible);
        for (const char* value : {"0", "-1", "1.5", "\"1\"", "null", "true", "[1]", "{}"})
            QTest::newRow(value) << QByteArray(R"({"version": )") + value + "}" << int(ErrorKind::config);
    }
    void versions() {
        QFETCH(QByteArray, document);
        QFETCH(int, kind);
        const Json parsed = parse_json(document.toStdString(), "row");
        const Caught result = caught([&] { require_version(parsed, 2, "file.json", ErrorKind::config); });
        QCOMPARE(result.thrown ? int(result.kind) : 0, kind);
        QVERIFY(!result.thrown || (result.says("file.json") && result.says("version")));
    }
};

DIAPASON_TEST(TestError)
#include "test_error.moc"
