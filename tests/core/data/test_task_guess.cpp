// What a file of one's own becomes without a word: format, columns, kind, labels.

#include "core/data/task_guess.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

QString described(const Task& task) {
    QStringList parts = {QString::fromLatin1(task.kind->name()), QString::fromStdString(task.reader)};
    for (const auto& [field, columns] : task.columns) {
        QStringList names;
        for (const std::string& column : columns)
            names << QString::fromStdString(column);
        parts << QString::fromStdString(field) + QLatin1Char('=') + names.join(QLatin1Char('+'));
    }
    return parts.join(QLatin1Char(' '));
}

} // namespace

class TestTaskGuess : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void files_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("expected");
        QTest::addColumn<int>("labels");
        const auto row = [](const char* name, const char* content, const char* expected, int labels) {
            QTest::newRow(name) << QByteArray(content) << QString::fromLatin1(expected) << labels;
        };
        row("GLUE", "sentence\tlabel\ngood one\t1\nbad one\t0\n", "classification tsv label=label text=sentence", 2);
        row("pairs", "index\tsentence1\tsentence2\tlabel\n0\ta b\tc\t+\n1\td\te f\t-\n",
            "classification tsv id=index label=label pair=sentence2 text=sentence1", 2);
        row("German", "Bewertung;Sterne\n\"sehr; gut\";5\n\"nicht\ngut\";1\n",
            "classification csv label=Sterne text=Bewertung", 2);
        row("without names", "a long film\tgood\nanother long film\tbad\na third\tgood\na fourth\tbad\n",
            "classification tsv label=2 text=1", 2);
        row("unknown names",
            "foo,bar\nthe first of the texts,x\nthe second of the texts,y\nanother of the texts,x\nand one more "
            "text,y\n",
            "classification csv label=bar text=foo", 2);
        row("numbers", "sentence1,sentence2,score\na,b,1.5\nc,d,4\n",
            "regression csv number=score pair=sentence2 text=sentence1", 0);
        row("fractions as labels",
            "text,label\na,0.1\nb,0.2\nc,0.3\nd,0.4\ne,0.5\nf,0.6\ng,0.7\nh,0.8\ni,0.9\nk,1.1\nl,1.2\nm,1.3\n",
            "regression csv number=label text=text", 0);
        row("CoLA", "gj04\t1\t\tOur friends won't buy this.\ngj04\t0\t*\tOne more.\nks08\t1\t\tThey sang.\n",
            "classification tsv label=2 text=4", 2);
        row("MRPC",
            "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\tHe \"won.\tHe did win.\n0\t9\t10\tRight.\tNo.\n",
            "classification tsv label=Quality pair=#2 String text=#1 String", 2);
        row("QNLI", "index\tquestion\tsentence\tlabel\n0\tWho?\tAnn did.\tentailment\n1\tWhy?\tHe.\tnot_entailment\n",
            "classification tsv id=index label=label pair=sentence text=question", 2);
        row("STS-B",
            "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
            "0\tnews\tf\t2012\t1\tnone\tnone\tA plane.\tAn air plane.\t5.000\n"
            "1\tnews\tf\t2012\t4\tnone\tnone\tA man.\tA cat.\t0.600\n",
            "regression tsv id=index number=score pair=sentence2 text=sentence1", 0);
        row("E2E", "mr,ref\n\"name[X], food[Y]\",X serves Y.\n\"name[Z]\",Z is there.\n",
            "generation csv target=ref text=mr", 0);
        row("JSON lines",
            "{\"premise\": \"a\", \"hypothesis\": \"b\", \"label\": \"yes\", \"idx\": 0}\n"
            "{\"premise\": \"c\", \"hypothesis\": \"d\", \"label\": \"no\", \"idx\": 1}\n",
            "classification jsonl id=idx label=label pair=hypothesis text=premise", 2);
        row("truth values",
            "{\"question\": \"q\", \"passage\": \"p\", \"label\": true}\n"
            "{\"question\": \"r\", \"passage\": \"s\", \"label\": false}\n",
            "classification jsonl label=label pair=question text=passage", 2);
        row("COPA",
            "{\"premise\": \"a\", \"choice1\": \"b\", \"choice2\": \"c\", \"question\": \"cause\", \"label\": 1}\n"
            "{\"premise\": \"d\", \"choice1\": \"e\", \"choice2\": \"f\", \"question\": \"effect\", \"label\": 0}\n",
            "multiple_choice jsonl label=label options=choice1+choice2 pair=question text=premise", 0);
        row("MMLU", "question,A,B,C,D,answer\nwhich?,w,x,y,z,B\nwhat?,1,2,3,4,A\n",
            "multiple_choice csv label=answer options=A+B+C+D text=question", 0);
        row("options as a list", "{\"question\": \"q\", \"choices\": [\"a\", \"b\"], \"label\": 0}\n",
            "multiple_choice jsonl label=label options=choices text=question", 0);
        row("several labels", "{\"text\": \"a\", \"labels\": [\"x\", \"y\"]}\n{\"text\": \"b\", \"labels\": []}\n",
            "multi_label jsonl labels=labels text=text", 2);
        row("tags", "{\"id\": \"0\", \"tokens\": [\"a\", \"b\"], \"ner_tags\": [\"O\", \"B-X\"]}\n",
            "tagging jsonl id=id tags=ner_tags words=tokens", 2);
        row("HF SQuAD",
            "{\"id\": \"0\", \"context\": \"c d\", \"question\": \"q\", \"answers\": {\"text\": [\"d\"], "
            "\"answer_start\": [2]}}\n",
            "span jsonl answers=answers id=id pair=question text=context", 0);
        row("SQuAD",
            "{\"data\": [{\"paragraphs\": [{\"context\": \"c d\", \"qas\": [{\"id\": \"1\", \"question\": \"q\", "
            "\"answers\": [{\"text\": \"d\", \"answer_start\": 2}]}]}]}]}",
            "span squad", 0);
        row("CoNLL", "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n", "tagging conll", 2);
        row("semantic roles", "1 He gave ||| B-A0 B-V\n", "tagging conll", 3);
    }
    void files() {
        QFETCH(QByteArray, content);
        QFETCH(QString, expected);
        QFETCH(int, labels);
        TemporaryFolder folder;
        write_text(folder / "mine.data", content.toStdString());
        const GuessedTask guess = guess_task(folder / "mine.data");
        QCOMPARE(described(guess.task), expected);
        QCOMPARE(int(guess.task.labels.size()), labels);
        QVERIFY(!guess.reasons.empty());
        for (const std::string& metric : guess.task.metrics)
            QVERIFY(find_metric(metric) != nullptr && find_metric(metric)->compares() == guess.task.kind->outcomes());
        // What was guessed is what a task reads.
        const Dataset rows =
            read_dataset(guess.task.reader, {folder / "mine.data", guess.task.columns, guess.task.reader_options});
        guess.task.kind->prepared(guess.task, rows, "mine.data");
    }

    void whatFitsNothingSaysWhatWasSeen_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QString>("says");
        QTest::newRow("empty") << QByteArray() << "contains no rows";
        QTest::newRow("binary") << QByteArray("PK\3\4\0\0", 6) << "is not text";
        QTest::newRow("only texts") << QByteArray("text\nall different\nno labels\nat all here\n")
                                    << "no kind of task fits its columns; recognised: text = text";
        QTest::newRow("only numbers") << QByteArray("a,b\n1,2\n3,4\n") << "no kind of task fits its columns";
    }
    void whatFitsNothingSaysWhatWasSeen() {
        QFETCH(QByteArray, content);
        QFETCH(QString, says);
        TemporaryFolder folder;
        write_text(folder / "mine.data", content.toStdString());
        const Caught error = caught([&] { guess_task(folder / "mine.data"); });
        QVERIFY2(error.thrown && error.kind == ErrorKind::input && error.says("mine.data") &&
                     error.says(says.toStdString()),
                 error.message.c_str());
    }

    // Files of given splits; a test split without answers is none.
    void folders() {
        TemporaryFolder folder;
        const auto rows = [](int begin, int end, bool labelled) {
            std::string text = labelled ? "sentence\tlabel\n" : "index\tsentence\n";
            for (int i = begin; i < end; ++i)
                text += labelled ? "number " + std::to_string(i) + "\t" + (i % 2 ? "1" : "0") + "\n"
                                 : std::to_string(i) + "\tnumber " + std::to_string(i) + "\n";
            return text;
        };
        write_text(folder / "task" / "train.tsv", rows(0, 200, true));
        write_text(folder / "task" / "dev.tsv", rows(200, 220, true));
        write_text(folder / "task" / "test.tsv", rows(220, 240, false));
        const Task task = load_task((folder / "task").string());
        QCOMPARE(QString::fromStdString(task.id), QStringLiteral("task"));
        QCOMPARE(load_split(task, "test").size(), std::size_t(20));
        const std::size_t validated = load_split(task, "validation").size();
        QVERIFY(validated > 5 && validated < 60);
        QCOMPARE(load_split(task, "train").size() + validated, std::size_t(200)); // no row is lost
        write_text(folder / "task" / "test.tsv", rows(220, 250, true));
        const GuessedTask given = guess_task(folder / "task");
        QCOMPARE(load_split(given.task, "train").size(), std::size_t(200));
        QCOMPARE(load_split(given.task, "validation").size(), std::size_t(20));
        QCOMPARE(load_split(given.task, "test").size(), std::size_t(30));
        std::filesystem::remove(folder / "task" / "train.tsv");
        QVERIFY(caught([&] { guess_task(folder / "task"); }).says("without a file of training data"));
    }

    // The files that people have: formats, kinds and row counts.
    void realFiles_data() {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("expected");
        QTest::addColumn<int>("rows");
        QTest::newRow("SST-2") << "SST-2/dev.tsv"
                               << "classification tsv label=label text=content" << 872;
        QTest::newRow("E2E dev") << "e2e/devset.csv"
                                 << "generation csv target=ref text=mr" << 4672;
        QTest::newRow("E2E test") << "e2e/testset_w_refs.csv"
                                  << "generation csv target=ref text=mr" << 4693;
        QTest::newRow("CB") << "FewGLUE_32dev/CB/train.jsonl"
                            << "classification jsonl id=idx label=label pair=hypothesis text=premise" << 32;
        QTest::newRow("RTE") << "FewGLUE_32dev/RTE/train.jsonl"
                             << "classification jsonl id=idx label=label pair=hypothesis text=premise" << 32;
        QTest::newRow("BoolQ") << "FewGLUE_32dev/BoolQ/train.jsonl"
                               << "classification jsonl id=idx label=label pair=question text=passage" << 32;
        QTest::newRow("COPA")
            << "FewGLUE_32dev/COPA/train.jsonl"
            << "multiple_choice jsonl id=idx label=label options=choice1+choice2 pair=question text=premise" << 32;
        QTest::newRow("DART") << "dart/dart-v1.1.1-full-dev.json"
                              << "generation dart" << 2768;
        QTest::newRow("WebNLG") << "webnlg/dev.json"
                                << "generation webnlg" << 872;
        QTest::newRow("WMT") << "wmt_en_ro/val.json"
                             << "generation jsonl target=translation.ro text=translation.en" << 16;
    }
    void realFiles() {
        QFETCH(QString, file);
        QFETCH(QString, expected);
        QFETCH(int, rows);
        DIAPASON_NEEDS(material, "data");
        const auto path = *material / file.toStdString();
        const GuessedTask guess = guess_task(path);
        QCOMPARE(described(guess.task), expected);
        const Dataset data = read_dataset(guess.task.reader, {path, guess.task.columns, guess.task.reader_options});
        QCOMPARE(int(data.size()), rows);
        std::size_t texts = 0;
        for (const Example& example : data)
            texts += 1 + example.references.size();
        if (guess.task.reader == "dart") QCOMPARE(texts, std::size_t(6980));
    }
};

DIAPASON_TEST(TestTaskGuess)
#include "test_task_guess.moc"
