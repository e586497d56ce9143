// JSON from outside: strict, bounded, and with a message that names the place.

#include "core/base/json.h"
#include "tests/support/test_support.h"

#include <ctime>

using namespace diapason;
using namespace diapason::testing;

class TestJson : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsOrder() {
        const Json document = parse_json(R"({"z": 1, "a": 2})", "x");
        QCOMPARE(document.dump(), std::string(R"({"z":1,"a":2})"));
    }

    void rejects_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("part");
        QTest::newRow("duplicate key") << QByteArray(R"({"a": 1, "a": 2})") << QByteArray("a");
        QTest::newRow("duplicate key inside") << QByteArray(R"({"b": [{"a": 1, "a": 2}]})") << QByteArray("a");
        QTest::newRow("trailing text") << QByteArray("{} {}") << QByteArray("line 1");
        QTest::newRow("a NUL behind it") << QByteArray("{}\0", 3) << QByteArray("NUL byte (line 1, column 3)");
        QTest::newRow("a NUL and more") << QByteArray("{}\n\0{}", 6) << QByteArray("NUL byte (line 2, column 1)");
        QTest::newRow("cut off") << QByteArray("{\"a\":\n [1, 2") << QByteArray("line 2");
        QTest::newRow("invalid UTF-8") << QByteArray("\"\xff\"") << QByteArray("line 1");
        QTest::newRow("empty") << QByteArray("") << QByteArray("file.json");
        QTest::newRow("not a number") << QByteArray("[NaN]") << QByteArray("line 1");
        QTest::newRow("too deep") << QByteArray(QByteArray(100000, '[')) << QByteArray("64");
    }
    void rejects() {
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, part);
        const Caught error = caught([&] { parse_json({text.constData(), std::size_t(text.size())}, "file.json"); });
        QVERIFY(error.thrown);
        QCOMPARE(error.kind, ErrorKind::input);
        QVERIFY2(error.says("file.json"), error.message.c_str());
        QVERIFY2(error.says(part.toStdString()), error.message.c_str());
        QVERIFY2(error.message.find('\n') == std::string::npos, "one line");
    }

    void pathsOfAnyBytes() {
        for (const char* path : {"/tmp/plain", "/tmp/\xff\xfe name", "\xc3\xa4", ""})
            QCOMPARE(path_from_json(parse_json(path_to_json(path).dump(), "x")).string(), std::string(path));
        QVERIFY(caught([] { path_from_json({{"bytes", "zz"}}); }).thrown);
    }

    void depthOf64IsFine() {
        const std::string text = std::string(60, '[') + std::string(60, ']');
        QVERIFY(parse_json(text, "x").is_array());
    }

    // A look through all keys for each would take minutes for a file of a megabyte.
    void objectsMayHaveManyKeys() {
        std::string text = "{\"many\": {";
        for (int i = 0; i < 100'000; ++i)
            text += (i > 0 ? ",\"" : "\"") + std::to_string(99'999 - i) + "\":" + std::to_string(i);
        text += "}, \"rest\": [{\"b\": 1.5, \"a\": [null, true, -2, \"x\", {}, []]}]}";
        const std::clock_t began = std::clock();
        const Json document = parse_json(text, "x");
        QVERIFY(double(std::clock() - began) / CLOCKS_PER_SEC < 20);
        QCOMPARE(document.at("many").size(), std::size_t(100'000));
        QCOMPARE(document.at("many").begin().key(), std::string("99999")); // in their order
        QCOMPARE(document.at("rest").dump(), std::string(R"([{"b":1.5,"a":[null,true,-2,"x",{},[]]}])"));
        const nlohmann::json sorted = parse_sorted_json(text, "x");
        QCOMPARE(sorted.at("many").begin().key(), std::string("0"));
        QCOMPARE(sorted.at("rest").dump(), std::string(R"([{"a":[null,true,-2,"x",{},[]],"b":1.5}])"));
    }

    void limitsTheSizeOfFiles() {
        TemporaryFolder folder;
        write_text(folder / "big.json", "[" + std::string(5000, ' ') + "]");
        QVERIFY(read_json(folder / "big.json", 6000).is_array());
        const Caught error = caught([&] { read_json(folder / "big.json", 4000); });
        QVERIFY(error.thrown && error.says("big.json"));
        QVERIFY(caught([&] { read_json(folder / "absent.json"); }).says("absent.json"));
        QVERIFY(caught([&] { read_json(folder.path()); }).thrown); // a folder is not a file
    }
};

DIAPASON_TEST(TestJson)
#include "test_json.moc"
