// What a table is written like: encoding, separator, quotes, first row. Each with its reason.

#include "core/data/encoding.h"
#include "core/data/readers.h"
#include "core/data/table_detection.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

std::string utf16(const std::string& ascii, bool big) {
    std::string text = big ? std::string("\xfe\xff") : std::string("\xff\xfe");
    for (const char c : ascii)
        text += big ? std::string{'\0', c} : std::string{c, '\0'};
    return text;
}

QString text_of(const std::vector<std::string>& cells) {
    QStringList list;
    for (const std::string& cell : cells)
        list << QString::fromStdString(cell);
    return list.join(QLatin1Char('/'));
}

} // namespace

class TestTableDetection : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tables_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<char>("separator");
        QTest::addColumn<bool>("quotes");
        QTest::addColumn<bool>("header");
        QTest::addColumn<QString>("names");
        const auto row = [](const char* name, const std::string& text, char separator, bool quotes, bool header,
                            const char* names) {
            QTest::newRow(name) << QByteArray::fromStdString(text) << separator << quotes << header
                                << QString::fromUtf8(names);
        };
        row("csv", "text,label\n\"a, b\",1\nc,0\n", ',', true, true, "text/label");
        row("quoted commas below a plain header", "a,b\n\"x, y\",1\n\"x, z\",0\n\"u, v\",1\n", ',', true, true, "a/b");
        row("German", "Bewertung;Sterne\n\"gut; sehr gut\";5\n\"nicht\nso gut\";2\nnaja, geht;3\n", ';', true, true,
            "Bewertung/Sterne");
        row("GLUE", "sentence\tlabel\nhe said \" yes \"\t1\n\" no\t0\nwell , fine\t1\n", '\t', false, true,
            "sentence/label");
        row("tabs without names", "a film , good\t1\nanother , bad\t0\n", '\t', false, false, "1/2");
        row("bars", "id|text|class\n1|a|x\n2|b|y\n", '|', true, true, "id/text/class");
        row("words above numbers", "alpha,beta\nx,1\ny,2\n", ',', true, true, "alpha/beta");
        row("no names", "good film,1\nbad film,0\n", ',', true, false, "1/2");
        row("no names, no numbers", "good,yes\nbad,no\n", ',', true, false, "1/2");
        row("two names the same", "a,a\nx,y\n", ',', true, false, "1/2");
        row("Windows line ends", "text;label\r\na,b;1\r\nc,d;2\r\n", ';', true, true, "text/label");
        row("commas in texts", "text\tlabel\na, b, c\tx\nd\ty\n", '\t', false, true, "text/label");
        row("decimal commas", "Wert;Text\n1,5;a\n2,25;b\n3,0;c\n", ';', true, true, "Wert/Text");
    }
    void tables() {
        QFETCH(QByteArray, text);
        QFETCH(char, separator);
        QFETCH(bool, quotes);
        QFETCH(bool, header);
        QFETCH(QString, names);
        const DetectedTable table = detect_table(text.toStdString(), true);
        QCOMPARE(table.dialect.separator, separator);
        if (text.contains('"')) QCOMPARE(table.dialect.quotes, quotes);
        QCOMPARE(table.header, header);
        QCOMPARE(text_of(table.names()), names);
        QCOMPARE(table.reasons.size(), std::size_t(4));
        QCOMPARE(table.encoding, std::string("UTF-8"));
    }

    void encodings_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("encoding");
        const std::string table = "text,label\nsome words,1\nother words,0\n";
        QTest::newRow("UTF-8") << QByteArray("text,label\nK\xc3\xb6ln,1\n") << "UTF-8";
        QTest::newRow("UTF-8 with its mark") << QByteArray::fromStdString("\xef\xbb\xbf" + table) << "UTF-8";
        QTest::newRow("UTF-16, little end first") << QByteArray::fromStdString(utf16(table, false)) << "UTF-16LE";
        QTest::newRow("UTF-16, big end first") << QByteArray::fromStdString(utf16(table, true)) << "UTF-16BE";
        QByteArray latin = "text,label\n";
        for (int i = 0; i < 20; ++i)
            latin += "Die Stadt K\xf6ln war gro\xdf und sch\xf6n und alt,1\n";
        QTest::newRow("Latin-1") << latin << "windows-1252";
    }
    void encodings() {
        QFETCH(QByteArray, text);
        QFETCH(QString, encoding);
        TemporaryFolder folder;
        write_text(folder / "a.csv", text.toStdString());
        const DetectedTable table = detect_table(folder / "a.csv");
        QCOMPARE(QString::fromStdString(table.encoding), encoding);
        // The reader reads it so.
        std::vector<Problem> problems;
        const OptionValues options =
            OptionValues::from_json(find_reader("csv")->options(),
                                    {{"encoding", table.encoding}, {"quotes", false}, {"header", "no"}}, {}, problems);
        QVERIFY(problems.empty());
        const Dataset data = read_dataset("csv", {folder / "a.csv", {{"text", "1"}}, options});
        QCOMPARE(data[0].text, std::string("text"));
        if (encoding == QLatin1String("windows-1252"))
            QVERIFY(caught([&] { read_dataset("csv", folder / "a.csv", {{"text", "text"}}); }).says("not UTF-8"));
    }

    // A character may end a block, a pair of code units too.
    void encodingsAreReadInBlocks() {
        const std::string smile = "\xf0\x9f\x98\x80", whole = "a" + smile + "\xc3\xb6";
        const std::string units("\xff\xfe"
                                "a\0\x3d\xd8\x00\xde\xf6\0",
                                10);
        for (std::size_t cut = 0; cut <= units.size(); ++cut) {
            TextDecoder decoder("UTF-16LE");
            std::string text;
            QVERIFY(decoder.decode(std::string_view(units).substr(0, cut), false, text));
            QVERIFY(decoder.decode(std::string_view(units).substr(cut), true, text));
            QCOMPARE(text, whole);
        }
        TextDecoder half("UTF-16LE");
        std::string text;
        QVERIFY(!half.decode("a", true, text));
        QVERIFY(caught([] { TextDecoder("no such code"); }).says("no such encoding"));
        QCOMPARE(known_encoding("latin1"), std::string("ISO-8859-1"));
        QCOMPARE(known_encoding("no such code"), std::string());
    }

    void whatIsNotOfItsEncodingSaysTheLine() {
        TemporaryFolder folder;
        write_text(folder / "a.csv", "text\nfine\n\xff\n");
        std::vector<Problem> problems;
        const auto options =
            OptionValues::from_json(find_reader("csv")->options(), {{"encoding", "US-ASCII"}}, {}, problems);
        const Caught error = caught([&] { read_dataset("csv", {folder / "a.csv", {{"text", "text"}}, options}); });
        QVERIFY2(error.says("a.csv") && error.says("is not US-ASCII (line 3)"), error.message.c_str());
    }

    void nothingToSee() {
        QVERIFY(caught([] { detect_table("", true); }).says("contains no rows"));
        QVERIFY(caught([] { detect_table("\n\n", true); }).says("contains no rows"));
        const DetectedTable one = detect_table("just a line\nand another\n", true);
        QCOMPARE(one.width(), std::size_t(1));
        QVERIFY(one.reasons[1].find("no separator") != std::string::npos);
        TemporaryFolder folder;
        QVERIFY(caught([&] { detect_table(folder / "none.csv"); }).says("there is no such file"));
    }

    // A record that the sample cuts is none of its rows.
    void longFilesAreSeenByTheirBeginning() {
        TemporaryFolder folder;
        std::string text = "text,label\n";
        while (text.size() < (3u << 20))
            text += "\"a row, with a text\nof two lines\",1\n";
        write_text(folder / "a.csv", text);
        const DetectedTable table = detect_table(folder / "a.csv");
        QCOMPARE(table.rows.size(), std::size_t(200));
        QCOMPARE(table.rows.back().size(), std::size_t(2));
        QVERIFY(table.header && table.dialect == (Dialect{',', true}));
    }
};

DIAPASON_TEST(TestTableDetection)
#include "test_table_detection.moc"
