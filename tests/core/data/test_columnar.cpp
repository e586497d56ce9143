// Parquet and Arrow files. tests/fixtures/columnar was written by pyarrow 26: classes with their names, lists, objects,
// streams, parts, every type, and what is wrong in such files.

#include "core/data/columnar_module.h"
#include "core/data/readers.h"
#include "core/data/task_guess.h"
#include "core/data/task_report.h"
#include "tests/support/test_support.h"

#include <random>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

fs::path columnar(const std::string& name) {
    return fixtures() / "columnar" / name;
}

std::vector<Json> rows_of(const fs::path& file) {
    std::vector<Json> rows;
    for_each_columnar_row(file, {}, [&](const MakeRow& row) {
        rows.push_back(row());
        return true;
    });
    return rows;
}

std::vector<std::string> labels_of(const Task& task) {
    std::vector<std::string> names;
    for (const TaskLabel& label : task.labels)
        names.push_back(label.id);
    return names;
}

} // namespace

class TestColumnar : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        const QString name = QLatin1String(QTest::currentTestFunction());
        if (!has_columnar_module() && name != QLatin1String("withoutTheModule"))
            QSKIP("SKIPPED: Apache Arrow's libraries are absent (./run --parquet fetches them)");
    }

    void withoutTheModule() {
        const Caught error = caught([] { rows_of(columnar("classes.parquet")); });
        QCOMPARE(error.thrown, !has_columnar_module());
        if (error.thrown)
            QVERIFY2(error.says("./run --parquet") && error.says("classes.parquet"), error.message.c_str());
    }

    void classesGoByTheirNames() {
        const std::vector<Json> rows = rows_of(columnar("classes.parquet"));
        QCOMPARE(rows.size(), std::size_t(60)); // of three row groups
        QCOMPARE(rows[33].dump(), std::string(R"({"idx":33,"sentence":"Film 33 is good.","label":"positive"})"));
        const GuessedTask guess = guess_task(columnar("classes.parquet"));
        QCOMPARE(guess.task.reader, std::string("parquet"));
        QCOMPARE(std::string(guess.task.kind->name()), std::string("classification"));
        QCOMPARE(labels_of(guess.task), (std::vector<std::string>{"negative", "positive"}));
        QCOMPARE(guess.rows.size(), std::size_t(50));
        QCOMPARE(read_rows(guess.task, columnar("classes.parquet")).size(), std::size_t(60));
    }

    void classesOfWords() {
        const GuessedTask guess = guess_task(columnar("tags.parquet"));
        QCOMPARE(std::string(guess.task.kind->name()), std::string("tagging"));
        const Dataset data = read_rows(guess.task, columnar("tags.parquet"));
        QCOMPARE(data[0].words, (std::vector<std::string>{"Anna", "lives", "in", "Rome"}));
        QCOMPARE(data[0].tags, (std::vector<std::string>{"B-PER", "O", "O", "B-LOC"}));
    }

    void anObjectOfAnswers() {
        const GuessedTask guess = guess_task(columnar("span.arrow"));
        QCOMPARE(guess.task.reader, std::string("arrow"));
        QCOMPARE(std::string(guess.task.kind->name()), std::string("span"));
        const Dataset data = read_rows(guess.task, columnar("span.arrow"));
        QCOMPARE(data.size(), std::size_t(30));
        QCOMPARE(data[29].answers.front().text, std::string("1929"));
        QCOMPARE(data[29].id, std::string("q29"));
    }

    void everyType() {
        const std::vector<Json> rows = rows_of(columnar("types.arrow"));
        QCOMPARE(rows.size(), std::size_t(20));
        QCOMPARE(rows[3].dump(), std::string(R"({"text":"pair 3","score":0.8500000238418579,"half":3.0,)"
                                             R"("when":"2026-01-04","price":"0.75","kind":"b","picture":null,)"
                                             R"("more":{"k":3},"pair_of":[3,4],"none":null})"));
    }

    void partsAreOneFile() {
        const GuessedTask guess = guess_task(columnar("saved"));
        QCOMPARE(read_rows(guess.task, guess.task.data.at("train")).size(), std::size_t(36));
        QCOMPARE(read_rows(guess.task, guess.task.data.at("test")).size(), std::size_t(9));
        QCOMPARE(labels_of(guess.task), (std::vector<std::string>{"politics", "science", "sport"}));
        QCOMPARE(guess.task.id, std::string("saved"));
        TemporaryFolder folder;
        fs::copy_file(columnar("saved/train/data-00000-of-00002.arrow"), folder / "reviews-00000-of-00002.arrow");
        const Caught error = caught([&] { guess_task(folder / "reviews-00000-of-00002.arrow"); });
        QVERIFY2(error.says("reviews-00001-of-00002.arrow") && error.says("is missing"), error.message.c_str());
    }

    void rowsThatCannotBeUsed_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("label");
        QTest::addColumn<QString>("fault");
        QTest::addColumn<int>("others");
        QTest::newRow("a class without a name") << "unknown_class.parquet"
                                                << "label"
                                                << "row 3: \"label\" is of class 7, and the file names 2" << 3;
        QTest::newRow("no UTF-8") << "not_utf8.parquet"
                                  << "label"
                                  << "row 2: \"sentence\" is not UTF-8" << 2;
        QTest::newRow("lists of lists of lists") << "deep.arrow"
                                                 << "deep"
                                                 << "row 1: \"deep\" is nested too deeply" << 0;
        QTest::newRow("a column that nobody wants") << "deep.arrow"
                                                    << "label"
                                                    << "" << 2;
    }
    void rowsThatCannotBeUsed() {
        QFETCH(QString, file);
        QFETCH(QString, label);
        QFETCH(QString, fault);
        QFETCH(int, others);
        const fs::path path = columnar(file.toStdString());
        const std::string reader = path.extension().string().substr(1);
        ReadRequest request{path, {{"text", "sentence"}, {"label", label.toStdString()}}, {}, {}};
        const Caught error = caught([&] { read_dataset(reader, request); });
        QCOMPARE(error.thrown, !fault.isEmpty());
        QVERIFY2(error.says(fault.toStdString()), error.message.c_str());
        request.rules.skip_bad = true;
        if (others > 0) QCOMPARE(read_dataset(reader, request).size(), std::size_t(others));
    }

    // Cut, and with bytes changed: rows or one clear error, whatever the byte.
    void damagedFiles_data() {
        QTest::addColumn<QString>("name");
        for (const char* name : {"classes.parquet", "tags.parquet", "span.arrow", "types.arrow"})
            QTest::newRow(name) << name;
    }
    void damagedFiles() {
        QFETCH(QString, name);
        const std::string whole = content(columnar(name.toStdString()));
        TemporaryFolder folder;
        std::mt19937 random(7);
        const auto read = [&](const std::string& bytes) {
            write_text(folder / "damaged", bytes);
            return caught([&] { rows_of(folder / "damaged"); });
        };
        for (const std::size_t size : {std::size_t(0), std::size_t(3), whole.size() / 2, whole.size() - 1}) {
            const Caught error = read(whole.substr(0, size));
            QVERIFY(!error.thrown || (error.kind == ErrorKind::input && error.says("damaged")));
        }
        for (int trial = 0; trial < 300; ++trial) {
            std::string bytes = whole;
            for (int change = 0; change < 3; ++change)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            const Caught error = read(bytes);
            QVERIFY2(!error.thrown || error.kind == ErrorKind::input, error.message.c_str());
        }
    }
};

DIAPASON_TEST(TestColumnar)
#include "test_columnar.moc"
