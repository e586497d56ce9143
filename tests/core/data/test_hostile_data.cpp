// Data files that cannot be read as they are: each is refused by line, before anything is made of it.

#include "core/base/paths.h"
#include "core/data/metrics.h"
#include "core/data/readers.h"
#include "core/data/task.h"
#include "tests/support/test_support.h"

#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

Caught read(const fs::path& file, const ColumnMap& columns = {{"text", "text"}, {"label", "label"}}) {
    return caught([&] { read_dataset(file.extension().string().substr(1), file, columns); });
}

} // namespace

class TestHostileData : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void badLinesAreNamed_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* label, const char* name, const QByteArray& content, const char* says) {
            QTest::newRow(label) << QByteArray(name) << content << QByteArray(says);
        };
        row("an extra tab", "a.tsv", "text\tlabel\none\tx\ntwo\tx\ty\n", "line 3: has 3 columns where");
        row("a missing cell", "a.tsv", "text\tlabel\tmore\none\tx\tm\ntwo\tx\n", "line 3: has 2 columns where");
        row("an extra tab before the text", "a.tsv", "text\tlabel\n\tone\tx\n", "line 2: has 3 columns");
        row("an extra comma", "a.csv", "text,label\none, two,x\n", "line 2: has 3 columns where the first line has 2");
        row("a missing csv cell", "a.csv", "text,label\none\n", "line 2: has 1 column where");
        row("an open quote", "a.csv", "text,label\n\"one,x\n", "line 2: opens a quote");
        row("Latin-1", "a.tsv", "text\tlabel\nna\xefve\tx\n", "line 2: is not UTF-8 at byte 3");
        row("Latin-1 in csv", "a.csv", "text,label\nna\xefve,x\n", "line 2: is not UTF-8");
        row("Latin-1 in jsonl", "a.jsonl", "{\"text\": \"na\xefve\", \"label\": \"x\"}\n", "line 1: is not UTF-8");
        row("half a surrogate", "a.tsv", "text\tlabel\n\xed\xa0\x80\tx\n", "line 2: is not UTF-8");
        row("an overlong form", "a.tsv", "text\tlabel\n\xc0\x80\tx\n", "line 2: is not UTF-8");
        row("UTF-16", "a.tsv", QByteArray("\xff\xfet\0e\0x\0t\0\n\0", 12), "line 1: contains a NUL byte");
        row("NUL in tsv", "a.tsv", QByteArray("text\tlabel\na\0b\tx\n", 17), "line 2: contains a NUL byte");
        row("NUL behind json", "a.jsonl", QByteArray("{\"text\": \"a\", \"label\": \"x\"}\0rest\n", 33),
            "line 1: contains a NUL byte");
        row("text behind json", "a.jsonl", "{\"text\": \"a\", \"label\": \"x\"} rest\n", "line 1: not valid JSON");
        row("a key twice", "a.jsonl", "{\"text\": \"a\", \"text\": \"b\", \"label\": \"x\"}\n", "line 1: key \"text\"");
        row("deep lists", "a.jsonl",
            "{\"text\": " + QByteArray(100'000, '[') + QByteArray(100'000, ']') + ", \"label\": \"x\"}\n",
            "line 1: nested more than 64 levels");
        row("deep objects", "a.jsonl", QByteArray("{\"a\":").repeated(100'000) + "1" + QByteArray(100'000, '}') + "\n",
            "line 1: nested more than 64 levels");
        row("a list as text", "a.jsonl", "{\"text\": [1], \"label\": \"x\"}\n", "line 1: \"text\" is not a string");
        row("a long line", "a.tsv", "text\tlabel\n" + QByteArray(5 << 20, 'a') + "\tx\n", "line 2: is longer than");
        row("a long field over many lines", "a.csv",
            "text,label\n\"" + QByteArray("line\n").repeated(1 << 20) + "\",x\n",
            "line 2: opens a quote that is not closed within");
        row("tabs and nothing else", "a.tsv", "text\tlabel\n" + QByteArray(1 << 20, '\t') + "\n",
            "line 2: has more than 10000 columns");
        row("commas and nothing else", "a.csv", "text,label\n" + QByteArray(1 << 20, ',') + "\n",
            "line 2: has more than 10000 columns");
        row("a header of tabs", "a.tsv", "text\tlabel" + QByteArray(1 << 20, '\t') + "\na\tx\n",
            "the first line has more than 10000 columns");
        row("a header of commas", "a.csv", "text,label" + QByteArray(1 << 20, ',') + "\na,x\n",
            "the first line has more than 10000 columns");
        row("an empty text", "a.tsv", "text\tlabel\n \tx\n", "line 2: has no text");
        row("no final line end", "a.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n{", "line 2: not valid JSON");
    }
    void badLinesAreNamed() {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        write_text(folder / name.toStdString(), content.toStdString());
        const Caught error = read(folder / name.toStdString());
        QVERIFY(error.thrown && error.kind == ErrorKind::input);
        QVERIFY2(error.says(name.toStdString()) && error.says(says.toStdString()), error.message.c_str());
        QVERIFY(error.message.size() < 4000);
    }

    // A data file that is a task by itself: what it says are its labels.
    void labelsOfADataFile_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("empty") << QByteArray("text\tlabel\na\tx\nb\t\nc\ty\n") << QByteArray("line 3: has no label");
        QTest::newRow("blank") << QByteArray("text\tlabel\na\tx\nb\t \nc\ty\n") << QByteArray("line 3: has no label");
        QTest::newRow("padded") << QByteArray("text\tlabel\na\tx\nb\tx \nc\ty\n")
                                << QByteArray("line 3: has the label \"x \", which other lines write \"x\"");
        QTest::newRow("one") << QByteArray("text\tlabel\na\tx\n") << QByteArray("only one label");
        QTest::newRow("an extra tab") << QByteArray("sentence\tlabel\na\tx\nb\ty\tz\n")
                                      << QByteArray("line 3: has 3 columns");
    }
    void labelsOfADataFile() {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        write_text(folder / "a.tsv", content.toStdString());
        const Caught error = caught([&] { load_task((folder / "a.tsv").string()); });
        QVERIFY2(error.thrown && error.says(says.toStdString()), error.message.c_str());
    }

    void labelsThatATaskDoesNotNameAreFoundByLine() {
        TemporaryFolder folder;
        write_text(folder / "a.tsv", "text\tlabel\na\tx\nb\tz\nc\t\nd\ty\n");
        Task task;
        task.id = "mine";
        task.reader = "tsv";
        task.reader_options = OptionValues::defaults(find_reader("tsv")->options());
        task.columns = {{"text", "text"}, {"label", "label"}};
        task.labels = {{"x", "x"}, {"y", "y"}};
        task.data["train"] = folder / "a.tsv";
        const Caught error = caught([&] { load_split(task, "train"); });
        for (const char* part : {"line 3: has the label \"z\"", "line 4: has no label", "of the task mine are x, y"})
            QVERIFY2(error.says(part), error.message.c_str());
    }

    // Of many classes only those that occur take room.
    void metricsOfAHundredThousandClasses() {
        ClassOutcomes outcomes{{0, 99'999, 5}, {0, 99'999, 7}, 100'000};
        QCOMPARE(score(metric_info("macro_f1"), outcomes), std::optional(0.5));
        QVERIFY(score(metric_info("matthews"), outcomes) > 0.5);
    }

    void columnsAreFoundOrNamed_data() {
        QTest::addColumn<QByteArray>("column");
        QTest::addColumn<QByteArray>("says");
        QTest::newRow("another case") << QByteArray("Text") << QByteArray("columns.text = Text");
        QTest::newRow("beyond the last") << QByteArray("3") << QByteArray("the first line has 2 columns");
        QTest::newRow("beyond every number") << QByteArray("99999999999999999999") << QByteArray("it has a, a");
        QTest::newRow("negative") << QByteArray("-1") << QByteArray("columns.text = -1");
        QTest::newRow("zero") << QByteArray("0") << QByteArray("columns.text = 0");
        QTest::newRow("twice in the file") << QByteArray("a") << QByteArray("has this column twice");
    }
    void columnsAreFoundOrNamed() {
        QFETCH(QByteArray, column);
        QFETCH(QByteArray, says);
        TemporaryFolder folder;
        write_text(folder / "a.tsv", "a\ta\none\ttwo\n");
        const Caught error = read(folder / "a.tsv", {{"text", column.toStdString()}});
        QVERIFY2(error.thrown && error.says(says.toStdString()), error.message.c_str());
    }

    // What is wrong with one of the user's tasks is said of that task, and of no other.
    void oneBrokenTaskHidesNoOther() {
        TemporaryFolder folder;
        set_home_folder(folder.path());
        write_text(folder / "tasks" / "broken.json", "{\n");
        write_text(folder / "tasks" / "wrong.json", R"({"format": "diapason-task", "version": 1, "kind": "x"})");
        write_text(folder / "tasks" / "list.json", "[]");
        std::set<std::string> broken, good;
        for (const ListedTask& listed : list_tasks()) {
            QVERIFY(listed.task.has_value() != listed.error.has_value());
            if (listed.error)
                broken.insert(listed.file.stem().string());
            else
                good.insert(listed.task->id);
        }
        QCOMPARE(broken, (std::set<std::string>{"broken", "list", "wrong"}));
        QVERIFY(good.contains("section") && good.contains("synopsis"));
        QCOMPARE(load_task("section").id, std::string("section"));
        QVERIFY(caught([] { load_task("secton"); }).says("section"));
        QVERIFY(caught([] { load_task("broken"); }).says("broken.json"));
    }

    // Opening one of these would wait for ever or read without end.
    void onlyRegularFilesAreOpened() {
        TemporaryFolder folder;
        QVERIFY(::mkfifo((folder / "fifo.tsv").c_str(), 0600) == 0);
        fs::create_directory(folder / "folder.tsv");
        fs::create_symlink("/dev/zero", folder / "zero.tsv");
        for (const char* name : {"fifo.tsv", "folder.tsv", "zero.tsv"}) {
            const Caught error = read(folder / name);
            QVERIFY2(error.thrown && error.says("is not a regular file"), name);
        }
        QVERIFY(read(folder / "absent.tsv").says("there is no such file"));
    }

    // One line of 300 MB, which takes no room on the disk: it is refused from its first 4 MiB.
    void linesAreNotHeldBeforeTheyAreMeasured() {
        TemporaryFolder folder;
        for (const char* name : {"a.tsv", "a.csv", "a.jsonl"}) {
            const int file = ::open((folder / name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
            QVERIFY(file >= 0 && ::ftruncate(file, 300 << 20) == 0);
            ::close(file);
            forget_peak();
            const std::int64_t before = memory_kb("VmHWM");
            QVERIFY(read(folder / name).says("line 1: is longer than"));
            QVERIFY2(before > 0 && memory_kb("VmHWM") - before < 65536, name); // kB
        }
    }
};

DIAPASON_TEST(TestHostileData)
#include "test_hostile_data.moc"
