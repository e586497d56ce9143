// Task files: every field has its type, and what cannot be meant is refused with file, field, value and known names.

#include "core/data/task.h"
#include "tests/support/test_support.h"

using namespace diapason;
using namespace diapason::testing;

namespace {

/// A classification task that is right, with `changes` over it (null removes a field).
Json task_json(const Json& changes = Json::object()) {
    Json document = {{"format", "diapason-task"},
                     {"version", 1},
                     {"id", "mine"},
                     {"reader", "tsv"},
                     {"data", {{"train", "a.tsv"}, {"validation", "a.tsv"}, {"test", "a.tsv"}}},
                     {"columns", {{"text", "sentence"}, {"label", "label"}}},
                     {"labels", {"good", {{"id", "bad"}, {"words", "poor"}}}}};
    document.merge_patch(changes);
    return document;
}

Task read(const TemporaryFolder& folder, const Json& document) {
    write_text(folder / "task.json", document.dump());
    return read_task(folder / "task.json");
}

} // namespace

using Words = std::vector<std::string>;

class TestTask : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void defaultsFollowTheKind() {
        TemporaryFolder folder;
        const Task task = read(folder, task_json());
        QCOMPARE(std::string(task.kind->name()), std::string("classification"));
        QCOMPARE(task.metrics, (std::vector<std::string>{"accuracy", "macro_f1"}));
        QCOMPARE(task.primary_metric, std::string("accuracy"));
        QCOMPARE(task.kind->in_brief(task), std::string("2 labels"));
        QCOMPARE(task.labels[1].words, std::string("poor"));
        const Task written = read(folder, task_json({{"kind", "generation"},
                                                     {"labels", nullptr},
                                                     {"columns", {{"label", nullptr}, {"target", "t"}}}}));
        QVERIFY(written.kind->written(false) && written.labels.empty());
        QCOMPARE(written.primary_metric, std::string("rouge_l"));
        QCOMPARE(read(folder, task_json({{"primary_metric", "macro_f1"}})).primary_metric, std::string("macro_f1"));
    }

    void whatCannotBeMeantIsRefused_data() {
        QTest::addColumn<std::string>("changes");
        QTest::addColumn<Words>("says");
        const auto row = [](const char* name, const char* changes, const Words& says) {
            QTest::newRow(name) << std::string(changes) << says;
        };
        row("unknown metric", R"({"metrics": ["accuracy", "f1"], "primary_metric": "f1"})",
            {"metrics[1]", "f1", "no such metric", "macro_f1", "matthews"});
        row("metric of another kind", R"({"metrics": ["accuracy", "bleu"]})",
            {"metrics[1]", "bleu", "classification", "macro_f1"});
        row("metric of another kind alone", R"({"metrics": ["rouge_l"]})", {"metrics[0]", "rouge_l", "accuracy"});
        row("class metric for texts",
            R"({"kind": "generation", "labels": null, "columns": {"label": null, "target": "t"}, "metrics": ["accuracy"]})",
            {"metrics[0]", "accuracy", "generation", "rouge_l"});
        row("absent primary metric", R"({"metrics": ["accuracy"], "primary_metric": "macro_f1"})",
            {"primary_metric", "macro_f1", "accuracy", "Add it"});
        row("unknown primary metric", R"({"primary_metric": "acuracy"})", {"primary_metric", "acuracy", "matthews"});
        row("metrics is a number", R"({"metrics": 5})", {"metrics", "5", "must be a list"});
        row("metrics is a text", R"({"metrics": "accuracy"})", {"metrics", "must be a list"});
        row("a metric is a number", R"({"metrics": ["accuracy", 5]})", {"metrics[1]", "5", "must be a string"});
        row("no metric", R"({"metrics": []})", {"metrics", "one metric", "accuracy"});
        row("a metric twice", R"({"metrics": ["accuracy", "accuracy"]})", {"metrics[1]", "twice"});
        row("primary metric is a list", R"({"primary_metric": ["accuracy"]})", {"primary_metric", "must be a string"});
        row("kind", R"({"kind": "ranking"})", {"kind", "ranking", "classification, multi_label, regression"});
        row("kind is a number", R"({"kind": 1})", {"kind", "must be a string"});
        row("reader", R"({"reader": "orc"})", {"reader", "orc", "alpaca, csv, json, jsonl, tsv"});
        row("split", R"({"data": {"dev": "a.tsv"}})", {"data.dev", "train, validation, test, ood"});
        row("file is a number", R"({"data": {"test": 3}})", {"data.test", "must be a string"});
        row("column", R"({"columns": {"lable": "x"}})", {"columns.lable", "Did you mean label"});
        row("columns is a list", R"({"columns": ["text"]})", {"columns", "must be an object"});
        row("a column is a number", R"({"columns": {"text": 3}})", {"columns.text", "3", "name of a column"});
        row("a column is an empty list", R"({"columns": {"text": []}})", {"columns.text", "[]", "name of a column"});
        row("columns of a format that has none", R"({"reader": "squad"})", {"columns", "squad", "Leave columns out"});
        row("settings of a kind without", R"({"settings": {"no_answer": true}})", {"settings.no_answer"});
        row("settings is a list", R"({"settings": []})", {"settings", "must be an object"});
        row("no label column", R"({"columns": {"label": null}})", {"columns.label", "is missing"});
        row("labels is an object", R"({"labels": {"a": "b"}})", {"labels", "must be a list"});
        row("a label is a number", R"({"labels": ["a", "b", 3]})", {"labels[2]", "must be an object"});
        row("label words is a number", R"({"labels": ["a", {"id": "b", "words": 3}]})",
            {"labels[1].words", "must be a string"});
        row("label field", R"({"labels": ["a", {"id": "b", "word": "c"}]})", {"labels[1].word", "Did you mean words"});
        row("a label twice", R"({"labels": ["a", "b", "a"]})", {"labels[2]", "twice"});
        row("one label", R"({"labels": ["a"]})", {"labels", "two labels"});
        row("tokens", R"({"max_tokens": 1e3})", {"max_tokens", "a whole number"});
        row("no tokens", R"({"max_target_tokens": 0})", {"max_target_tokens", "from 1 to"});
        row("template", R"({"template": "{pair}"})", {"template", "{text} is missing"});
        row("template is null-like", R"({"template": false})", {"template", "must be a string"});
        row("question", R"({"question": "{answer} {text}"})", {"question", "followed by"});
        row("title", R"({"title": 7})", {"title", "must be a string"});
        row("unknown field", R"({"primary_metrics": "accuracy"})", {"primary_metrics", "Did you mean primary_metric"});
    }
    void whatCannotBeMeantIsRefused() {
        QFETCH(std::string, changes);
        QFETCH(Words, says);
        TemporaryFolder folder;
        const Caught error = caught([&] { read(folder, task_json(parse_json(changes, "row"))); });
        QVERIFY(error.thrown);
        says.push_back("task.json");
        for (const std::string& part : says)
            QVERIFY2(error.says(part), error.message.c_str());
    }

    // A task file of a megabyte could name a few hundred thousand labels.
    void whatIsTooLongIsRefused() {
        TemporaryFolder folder;
        const auto message = [&](const Json& changes) {
            return caught([&] { read(folder, task_json(changes)); }).message;
        };
        Json labels = Json::array();
        for (int i = 0; i < 10'000; ++i)
            labels.push_back(std::to_string(i));
        QCOMPARE(message({{"labels", labels}}), std::string());
        labels.push_back("one more");
        const std::string many = message({{"labels", labels}});
        QVERIFY2(many.find("labels = 10001 labels: a classification task may have at most 10000") != std::string::npos,
                 many.substr(0, 300).c_str());
        const std::string long_text(1001, 'x');
        for (const Json& label : {Json(long_text), Json{{"id", "a"}, {"words", long_text}}}) {
            const std::string what = message({{"labels", {"b", "c", label}}});
            QVERIFY2(what.find("labels[2]") != std::string::npos && what.find("1000 bytes") != std::string::npos,
                     what.substr(0, 300).c_str());
        }
        const std::string column = message({{"columns", {{"text", long_text}}}});
        QVERIFY2(column.find("columns.text") != std::string::npos && column.size() < 400, column.c_str());
    }

    void otherVersionsAreNamed() {
        TemporaryFolder folder;
        const Caught error = caught([&] { read(folder, task_json({{"version", 2}})); });
        QCOMPARE(error.kind, ErrorKind::incompatible);
        QVERIFY2(error.says("version") && error.says("task.json"), error.message.c_str());
    }

    // Answers in words: blank or equal words leave labels that no answer can tell apart; spaces do not help.
    void labelWordsAreCheckedForAnswersInWords_data() {
        QTest::addColumn<std::string>("labels");
        QTest::addColumn<std::string>("says");
        QTest::newRow("good") << std::string(R"(["a", "b"])") << std::string("");
        QTest::newRow("equal") << std::string(R"([{"id": "p", "words": "good"}, {"id": "n", "words": "good"}])")
                               << std::string("labels.n.words");
        QTest::newRow("equal but for spaces")
            << std::string(R"([{"id": "p", "words": "so  good"}, {"id": "n", "words": " so good"}])")
            << std::string("labels.n.words");
        QTest::newRow("empty") << std::string(R"([{"id": "p", "words": "good"}, {"id": "n", "words": ""}])")
                               << std::string("labels.n.words");
        QTest::newRow("blank") << std::string(R"([{"id": "p", "words": " \t"}, {"id": "n", "words": "good"}])")
                               << std::string("labels.p.words");
        QTest::newRow("a word is another's id")
            << std::string(R"([{"id": "p", "words": "n"}, "n"])") << std::string("labels.n.words");
    }
    void labelWordsAreCheckedForAnswersInWords() {
        QFETCH(std::string, labels);
        QFETCH(std::string, says);
        TemporaryFolder folder;
        Json document = task_json();
        document["labels"] = parse_json(labels, "row");
        const Task task = read(folder, document); // by a head, words do not matter
        const std::vector<Problem> problems = task.kind->problems_in_words(task);
        QCOMPARE(problems.size(), std::size_t(says.empty() ? 0 : 1));
        if (!problems.empty()) QCOMPARE(problems.front().field.text(), says);
    }

    // A template's own places are filled; what an example says is data.
    void placeholdersInDataStayAsTheyAre() {
        TemporaryFolder folder;
        const Task task = read(folder, task_json({{"kind", "generation"},
                                                  {"labels", nullptr},
                                                  {"target_template", "{pair}|{target}|{pair}"},
                                                  {"columns", {{"label", nullptr}, {"target", "t"}, {"pair", "p"}}}}));
        QCOMPARE(task.kind->answer(task, "{pair} and {text}"), std::string("|{pair} and {text}|"));
    }

    void everyKindIsWhole() {
        QVERIFY(find_task_kind("nothing") == nullptr);
        for (const TaskKind* kind : task_kinds()) {
            QVERIFY(find_task_kind(kind->name()) == kind);
            for (const std::string& metric : kind->default_metrics())
                QVERIFY2(metric_info(metric).compares() == kind->outcomes(), metric.c_str());
        }
    }
};

DIAPASON_TEST(TestTask)
#include "test_task.moc"
