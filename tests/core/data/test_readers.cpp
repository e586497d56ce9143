// A user's own files: what is read, and how all bad rows are listed together.

#include "core/data/order.h"
#include "core/data/readers.h"
#include "core/data/task.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <numeric>
#include <set>

using namespace diapason;
using namespace diapason::testing;

using Words = std::vector<std::string>;

class TestReaders : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void jsonl() {
        TemporaryFolder folder;
        write_text(folder / "a.jsonl",
                   "{\"text\": \"one\", \"label\": \"x\"}\r\n\n{\"text\": \"two\", \"label\": 1}\n");
        const Dataset data = read_dataset("jsonl", folder / "a.jsonl", {{"text", "text"}, {"label", "label"}});
        QCOMPARE(data.size(), std::size_t(2));
        QCOMPARE(data[0].text, std::string("one"));
        QCOMPARE(data[1].label, std::string("1"));
    }

    void tsvWithHeader() {
        TemporaryFolder folder;
        write_text(folder / "a.tsv", "sentence\tlabel\na \"quoted\" one\t1\nlast without newline\t0");
        const Dataset data = read_dataset("tsv", folder / "a.tsv", {{"text", "sentence"}, {"label", "label"}});
        QCOMPARE(data.size(), std::size_t(2));
        QCOMPARE(data[0].text, std::string("a \"quoted\" one"));
        QCOMPARE(data[1].label, std::string("0"));
    }

    void csvWithQuotes() {
        TemporaryFolder folder;
        write_text(folder / "a.csv", "\"mr\",ref\r\n\"a, \"\"b\"\"\",one\r\n\r\nplain,\"two\nlines\"");
        const Dataset data = read_dataset("csv", folder / "a.csv", {{"text", "mr"}, {"target", "ref"}});
        QCOMPARE(data.size(), std::size_t(2));
        QCOMPARE(data[0].text, std::string("a, \"b\""));
        QCOMPARE(data[1].target, std::string("two\nlines"));
        QCOMPARE(data[1].id, std::string("4"));
        write_text(folder / "b.csv", "mr,ref\nx,\"never closed\ny,z\n");
        const Caught error = caught([&] { read_dataset("csv", folder / "b.csv", {{"text", "mr"}}); });
        QVERIFY2(error.thrown && error.says("line 2") && error.says("quote"), error.message.c_str());
    }

    void badRowsAreListedTogether() {
        TemporaryFolder folder;
        write_text(folder / "a.jsonl", "{\"text\": \"ok\", \"label\": \"x\"}\nno json\n{\"label\": \"x\"}\n[1]\n");
        const Caught error = caught([&] {
            read_dataset("jsonl", folder / "a.jsonl", {{"text", "text"}, {"label", "label"}});
        });
        QVERIFY(error.thrown && error.kind == ErrorKind::input);
        for (const char* part : {"a.jsonl", "2", "3", "4"})
            QVERIFY2(error.says(part), error.message.c_str());
    }

    void manyBadRowsAreCut() {
        TemporaryFolder folder;
        std::string text;
        for (int i = 0; i < 500; ++i)
            text += "bad\n";
        write_text(folder / "a.jsonl", text);
        const Caught error = caught([&] { read_dataset("jsonl", folder / "a.jsonl", {{"text", "text"}}); });
        QVERIFY(error.thrown && error.message.size() < 4000);
        QVERIFY2(error.says("480"), error.message.c_str());
    }

    void unknownReaderAndEmptyFile() {
        TemporaryFolder folder;
        write_text(folder / "a.jsonl", "");
        QVERIFY(caught([&] { read_dataset("csvx", folder / "a.jsonl", {}); }).says("jsonl"));
        QVERIFY(caught([&] { read_dataset("jsonl", folder / "a.jsonl", {{"text", "text"}}); }).says("a.jsonl"));
    }

    // Predictions are kept and compared by id: no two rows of a file may have the same.
    void idsAreUniqueWithinAFile_data() {
        QTest::addColumn<std::string>("name");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<Words>("says"); // empty: it can be read
        const auto row = [](const char* label, const char* name, const QByteArray& content, const Words& says) {
            QTest::newRow(label) << std::string(name) << content << says;
        };
        row("twice", "a.jsonl",
            "{\"id\": \"r0\", \"text\": \"a\"}\n{\"id\": \"r1\", \"text\": \"b\"}\n"
            "{\"id\": \"r0\", \"text\": \"c\"}\n{\"id\": \"r0\", \"text\": \"d\"}\n",
            {"2 lines", "line 3: has the id \"r0\" of line 1", "line 4: has the id \"r0\" of line 1", "map no column"});
        row("number and text", "a.jsonl", "{\"id\": 1, \"text\": \"a\"}\n{\"id\": \"1\", \"text\": \"b\"}\n",
            {"line 2", "line 1"});
        row("spaces tell apart", "a.jsonl", "{\"id\": \"1\", \"text\": \"a\"}\n{\"id\": \" 1\", \"text\": \"b\"}\n",
            {});
        row("a number that a line goes by", "a.jsonl", "{\"id\": \"2\", \"text\": \"a\"}\n{\"text\": \"b\"}\n",
            {"line 2: has no id", "line 1"});
        row("the other way round", "a.jsonl", "{\"text\": \"b\"}\n{\"id\": 1, \"text\": \"a\"}\n",
            {"line 2: has the id \"1\"", "line 1"});
        row("null and empty are none", "a.jsonl",
            "{\"id\": null, \"text\": \"a\"}\n{\"id\": \"\", \"text\": \"b\"}\n{\"text\": \"c\"}\n", {});
        row("tsv", "a.tsv", "id\ttext\nx\ta\ny\tb\nx\tc\n", {"line 4: has the id \"x\" of line 2"});
        row("csv over several lines", "a.csv", "id,text\n\"x\",\"a\nb\"\nx,c\n",
            {"line 4: has the id \"x\" of line 2"});
        row("bytes that are no text", "a.tsv", "id\ttext\nx\xe8\ta\nx\xe9\tb\n", {"line 3", "line 2"});
        row("no id column", "b.tsv", "text\na\na\na\n", {});
    }
    void idsAreUniqueWithinAFile() {
        QFETCH(std::string, name);
        QFETCH(QByteArray, content);
        QFETCH(Words, says);
        TemporaryFolder folder;
        const std::filesystem::path file = folder / name;
        write_text(file, content.toStdString());
        ColumnMap columns = {{"text", "text"}};
        if (!name.starts_with('b')) columns["id"] = "id";
        Dataset data;
        const Caught error = caught([&] { data = read_dataset(file.extension().string().substr(1), file, columns); });
        QCOMPARE(error.thrown, !says.empty());
        for (const std::string& part : says)
            QVERIFY2(error.says(part), error.message.c_str());
        std::set<std::string> ids;
        for (const Example& example : data)
            QVERIFY(!example.id.empty() && ids.insert(example.id).second);
    }

    void unknownFieldsAreRefused() {
        TemporaryFolder folder;
        write_text(folder / "a.tsv", "a\tb\n1\t2\n");
        const Caught error = caught([&] { read_dataset("tsv", folder / "a.tsv", {{"text", "a"}, {"lable", "b"}}); });
        QVERIFY2(error.says("columns.lable"), error.message.c_str());
        const Caught column = caught([&] { read_dataset("tsv", folder / "a.tsv", {{"text", "c"}}); });
        QVERIFY2(column.says("columns.text") && column.says("a, b"), column.message.c_str());
    }

    void aCsvFileIsATaskToo() {
        TemporaryFolder folder;
        std::string text = "sentence,label\n";
        for (int i = 0; i < 100; ++i)
            text += "\"row, number " + std::to_string(i) + "\"," + (i % 2 ? "1" : "0") + "\n";
        write_text(folder / "mine.csv", text);
        const Task task = load_task((folder / "mine.csv").string());
        QCOMPARE(task.classes(), std::int64_t(2));
        QVERIFY(load_split(task, "train")[0].text.starts_with("row, number"));
        write_text(folder / "mine.xlsx", std::string_view("PK\3\4\0\0\x8f\1", 8));
        const Caught error = caught([&] { load_task((folder / "mine.xlsx").string()); });
        QVERIFY2(error.says("mine.xlsx") && error.says("alpaca, csv, json, jsonl, tsv"), error.message.c_str());
    }

    void aDataFileIsATask() {
        TemporaryFolder folder;
        std::string text = "sentence\tlabel\n";
        for (int i = 0; i < 300; ++i)
            text += "sentence number " + std::to_string(i) + "\t" + (i % 3 ? "1" : "0") + "\n";
        write_text(folder / "mine.tsv", text);
        const Task task = load_task((folder / "mine.tsv").string());
        QCOMPARE(task.classes(), std::int64_t(2));
        std::set<std::string> seen;
        std::size_t total = 0;
        for (const char* split : {"train", "validation", "test"}) {
            const Dataset data = load_split(task, split);
            total += data.size();
            for (const Example& example : data)
                seen.insert(example.text);
        }
        QCOMPARE(total, std::size_t(300));
        QCOMPARE(seen.size(), std::size_t(300)); // no sentence is in two splits
        QVERIFY(load_split(task, "train").size() > 200);
    }

    void taskProblemsComeTogether() {
        TemporaryFolder folder;
        write_text(folder / "t.json", R"({"format": "diapason-task", "version": 1, "kind": "clasification",
            "data": {"train": "x.jsonl"}, "colums": {}, "max_tokens": 0, "labels": [{"id": "a"}]})");
        const Caught error = caught([&] { read_task(folder / "t.json"); });
        QVERIFY(error.thrown);
        for (const char* part : {"t.json", "kind", "data.test", "colums", "columns", "max_tokens"})
            QVERIFY2(error.says(part), (std::string(part) + " in: " + error.message).c_str());
    }

    void unknownTaskOffersTheNearest() {
        const Caught error = caught([&] { load_task("secton"); });
        QVERIFY2(error.says("section"), error.message.c_str());
    }

    void orderIsAPermutationPerEpoch() {
        const auto first = shuffled_order(1000, 7, 0), again = shuffled_order(1000, 7, 0),
                   second = shuffled_order(1000, 7, 1), other = shuffled_order(1000, 8, 0);
        QVERIFY(first == again && first != second && first != other);
        auto sorted = first;
        std::sort(sorted.begin(), sorted.end());
        std::vector<std::int64_t> all(1000);
        std::iota(all.begin(), all.end(), 0);
        QVERIFY(sorted == all);
    }

    void batchesCoverAnEpochAndResume() {
        BatchOrder order(10, 4, 3);
        std::vector<std::int64_t> seen;
        for (int i = 0; i < 3; ++i)
            for (const std::int64_t item : order.next())
                seen.push_back(item);
        std::sort(seen.begin(), seen.end());
        QCOMPARE(seen.size(), std::size_t(10));
        QVERIFY(std::unique(seen.begin(), seen.end()) == seen.end());
        order.next();
        BatchOrder resumed(10, 4, 3);
        resumed.restore(order.epoch(), order.cursor());
        for (int i = 0; i < 8; ++i)
            QCOMPARE(resumed.next(), order.next());
    }
};

DIAPASON_TEST(TestReaders)
#include "test_readers.moc"
