// Kinds of tasks: what they take from a row, what they refuse, which tokens carry what.

#include "core/data/task.h"
#include "core/data/task_document.h"
#include "core/library/library.h"
#include "core/text/unicode.h"
#include "tests/support/own_tasks.h"

using namespace diapason;
using namespace diapason::testing;

using Words = std::vector<std::string>;
using Ids = std::vector<std::int64_t>;

namespace {

/// A task of rows in JSON lines; the columns are the fields of the kind themselves.
struct Kind {
    TemporaryFolder folder;
    Task task;

    Kind(const std::string& kind, const std::string& rows, const Json& changes = Json::object()) {
        task = task_of_rows(folder.path(), kind, {{"train", rows}, {"validation", rows}, {"test", rows}}, changes);
    }
    Dataset rows() const { return load_split(task, "train"); }
    EncodedItem encoded(std::size_t item = 0) const { return encode_example(task, tokenizer(), rows()[item], {}); }
    std::string fault() const {
        return caught([&] { rows(); }).message;
    }
    static const Tokenizer& tokenizer() {
        static const auto known = Tokenizer::load(resolve_backbone("encoder-mini"));
        return *known;
    }
};

std::string text_of(const Ids& ids, std::int64_t begin, std::int64_t end) {
    return Kind::tokenizer().decode(Ids(ids.begin() + begin, ids.begin() + end + 1));
}

} // namespace

class TestKinds : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // What a file says comes back from a document, settings included.
    void everyKindIsStored() {
        for (const TaskKind* kind : task_kinds()) {
            Task task;
            task.id = kind->name();
            task.kind = kind;
            task.reader = "jsonl";
            task.settings = OptionValues::defaults(kind->settings());
            for (const char* split : {"train", "validation", "test"})
                task.data[split] = std::filesystem::path("/somewhere") / split;
            for (const std::string& field : kind->needed_fields())
                task.columns[field] = {field, "more"};
            task.labels = {{"a", "words of a"}, {"b", "b"}};
            if (std::string(kind->name()) == "regression" || std::string(kind->name()) == "multiple_choice" ||
                std::string(kind->name()) == "span" || std::string(kind->name()) == "generation")
                task.labels.clear();
            task.metrics = kind->default_metrics();
            task.primary_metric = task.metrics.front();
            const Task again = stored_task(to_json(task), "stored");
            QCOMPARE(to_json(again).dump(), to_json(task).dump());
            QVERIFY(again.columns == task.columns);
            for (const std::string& metric : task.metrics)
                QVERIFY2(metric_info(metric).compares() == kind->outcomes(), metric.c_str());
        }
    }

    void severalLabels() {
        const Json labels = {{"labels", {"a", "b", "c"}}};
        const Kind kind("multi_label",
                        "{\"text\": \"x\", \"labels\": [\"c\", \"a\"]}\n{\"text\": \"y\", \"labels\": []}\n", labels);
        QCOMPARE(kind.encoded(0).front().targets, (std::vector<float>{1, 0, 1}));
        QCOMPARE(kind.encoded(1).front().targets, (std::vector<float>{0, 0, 0}));
        const std::string unknown = Kind("multi_label", "{\"text\": \"x\", \"labels\": [\"d\"]}", labels).fault();
        QVERIFY2(unknown.find("line 1: has the label \"d\"") != std::string::npos, unknown.c_str());
        const std::string twice = Kind("multi_label", "{\"text\": \"x\", \"labels\": [\"a\", \"a\"]}", labels).fault();
        QVERIFY2(twice.find("\"a\" twice") != std::string::npos, twice.c_str());
    }

    void numbers() {
        const Kind kind("regression", "{\"text\": \"x\", \"number\": 2.5}\n");
        QCOMPARE(kind.encoded().front().targets, (std::vector<float>{2.5F}));
        QCOMPARE(kind.task.kind->outputs(kind.task), std::int64_t(1));
        QVERIFY(Kind("regression", "{\"text\": \"x\", \"number\": \"many\"}\n").fault().find("line 1") !=
                std::string::npos);
    }

    // A label is an option's text before it is a letter or a number.
    void options_data() {
        QTest::addColumn<QString>("options");
        QTest::addColumn<QString>("label");
        QTest::addColumn<int>("expected");
        QTest::newRow("text") << "[\"red\", \"blue\"]"
                              << "\"blue\"" << 1;
        QTest::newRow("number") << "[\"red\", \"blue\"]"
                                << "1" << 1;
        QTest::newRow("letter") << "[\"red\", \"blue\"]"
                                << "\"B\"" << 1;
        QTest::newRow("small letter") << "[\"red\", \"blue\"]"
                                      << "\"a\"" << 0;
        QTest::newRow("options that are numbers") << "[\"1\", \"0\"]"
                                                  << "\"0\"" << 1;
        QTest::newRow("options that are letters") << "[\"B\", \"A\"]"
                                                  << "\"A\"" << 1;
        QTest::newRow("beyond the last") << "[\"red\", \"blue\"]"
                                         << "2" << -1;
        QTest::newRow("no option") << "[\"red\", \"blue\"]"
                                   << "\"green\"" << -1;
        QTest::newRow("twice") << "[\"red\", \"red\"]"
                               << "0" << -1;
        QTest::newRow("one option") << "[\"red\"]"
                                    << "0" << -1;
    }
    void options() {
        QFETCH(QString, options);
        QFETCH(QString, label);
        QFETCH(int, expected);
        const std::string row =
            R"({"text": "which?", "options": )" + options.toStdString() + R"(, "label": )" + label.toStdString() + "}";
        const Kind kind("multiple_choice", row);
        const std::string fault = kind.fault();
        QCOMPARE(fault.empty(), expected >= 0);
        if (expected < 0) return;
        QCOMPARE(kind.rows()[0].label_index, expected);
        const EncodedItem item = kind.encoded();
        QCOMPARE(item.size(), std::size_t(2));
        // Text and option are a pair: token types tell them apart.
        QCOMPARE(item[0].type_ids.back(), std::int64_t(1));
        QVERIFY(item[0].ids != item[1].ids);
    }

    // Labels stand at the first token of each word, and at nothing else.
    void tagsStandAtFirstTokens() {
        const Json labels = {{"labels", {"O", "B-X", "I-X"}}};
        const Kind kind(
            "tagging",
            "{\"words\": [\"gives\", \"libqt6-widgets\", \"é\", \"on\"], \"tags\": [\"O\", \"B-X\", \"I-X\", \"O\"]}",
            labels);
        const EncodedExample encoded = kind.encoded().front();
        QCOMPARE(encoded.token_labels.size(), encoded.ids.size());
        QCOMPARE(encoded.labelled_words, (std::vector<std::size_t>{0, 1, 2, 3}));
        Ids labelled;
        for (const std::int64_t label : encoded.token_labels)
            if (label != -100) labelled.push_back(label);
        QCOMPARE(labelled, (Ids{0, 1, 2, 0}));
        QVERIFY(encoded.ids.size() > 6); // the package's name has several tokens
        const std::size_t second = 2;    // behind [CLS] and "gives", which is one token or more
        const Encoding alone = Kind::tokenizer().encode("gives", {.add_special_tokens = false});
        QCOMPARE(encoded.token_labels[alone.ids.size() + second - 1], std::int64_t(1));
        // What does not fit has no label.
        Json small = labels;
        small["max_tokens"] = 4;
        const EncodedExample cut =
            Kind("tagging", "{\"words\": [\"a\", \"b\", \"c\"], \"tags\": [\"O\", \"O\", \"B-X\"]}", small)
                .encoded()
                .front();
        QCOMPARE(cut.labelled_words, (std::vector<std::size_t>{0, 1}));
    }
    void tagFaults() {
        const Json labels = {{"labels", {"O", "B-X", "I-X"}}};
        const std::string count = Kind("tagging", "{\"words\": [\"a\", \"b\"], \"tags\": [\"O\"]}", labels).fault();
        QVERIFY2(count.find("line 1: has 2 words and 1 tags") != std::string::npos, count.c_str());
        const std::string unknown = Kind("tagging", "{\"words\": [\"a\"], \"tags\": [\"B-Y\"]}", labels).fault();
        QVERIFY2(unknown.find("has the tag \"B-Y\"") != std::string::npos, unknown.c_str());
        Json strict = labels;
        strict["labels"].push_back("E-X");
        strict["settings"] = {{"scheme", "IOB2"}};
        const std::string scheme = Kind("tagging", "{\"words\": [\"a\"], \"tags\": [\"E-X\"]}", strict).fault();
        QVERIFY2(scheme.find("not of the scheme IOB2") != std::string::npos, scheme.c_str());
    }

    // The answer's tokens give the answer's text, wherever it stands.
    void spansAreFoundInTokens() {
        const char* row = R"({"text": "Ihr Haus: Köln am Rhein, heute.", "pair": "where does she live?",
            "answers": [{"text": "Köln am Rhein", "answer_start": 10}]})";
        std::string line = row;
        line.erase(std::remove(line.begin(), line.end(), '\n'), line.end());
        const Kind kind("span", line);
        const EncodedItem item = kind.encoded();
        QCOMPARE(item.size(), std::size_t(1));
        const EncodedExample& window = item.front();
        QVERIFY(window.span_begin > 0 && window.span_end >= window.span_begin);
        QCOMPARE(window.offsets[std::size_t(window.span_begin)].begin, 10u);
        QCOMPARE(window.offsets[std::size_t(window.span_end)].end, 23u);
        QVERIFY(window.offsets.front().empty() && window.offsets.back().empty()); // no answer stands at special tokens
        QCOMPARE(kind.rows()[0].target, std::string("Köln am Rhein"));
    }

    // Every token of the text is in some window; windows share as many as they are told, and fit.
    void longTextsAreReadInWindows() {
        std::string text;
        for (int i = 0; i < 60; ++i)
            text += (i ? " word" : "word") + std::to_string(i % 7);
        const std::string row =
            Json{{"text", text + " treasure here"}, {"pair", "where?"}, {"answers", {"treasure"}}}.dump();
        const Kind kind("span", row, {{"max_tokens", 40}, {"settings", {{"overlap", 10}}}});
        const EncodedItem item = kind.encoded();
        QVERIFY(item.size() > 2);
        std::size_t with_answer = 0;
        for (const EncodedExample& window : item) {
            QVERIFY(window.ids.size() <= 40);
            if (window.span_begin == 0) {
                QCOMPARE(window.span_end, std::int64_t(0));
                continue;
            }
            ++with_answer;
            QCOMPARE(text_of(window.ids, window.span_begin, window.span_end), std::string("treasure"));
        }
        QVERIFY(with_answer >= 1);
        const Ids whole = Kind::tokenizer().encode(text + " treasure here", {.add_special_tokens = false}).ids;
        Ids joined;
        for (const PairWindow& window :
             Kind::tokenizer().encode_windows("where?", text + " treasure here", {.max_length = 40, .overlap = 10})) {
            Ids part(window.encoding.ids.begin() + std::ptrdiff_t(window.pair_begin),
                     window.encoding.ids.begin() + std::ptrdiff_t(window.pair_end));
            if (!joined.empty()) {
                QVERIFY(std::equal(joined.end() - 10, joined.end(), part.begin()));
                part.erase(part.begin(), part.begin() + 10);
            }
            joined.insert(joined.end(), part.begin(), part.end());
        }
        QCOMPARE(joined, whole);
    }
    void windowsWithoutRoom() {
        QVERIFY(
            caught([] { Kind::tokenizer().encode_windows("where is it?", "there", {.max_length = 4}); }).says("room"));
        // The question gives way, the overlap too: every window moves on.
        const auto windows =
            Kind::tokenizer().encode_windows("where is it now?", "a b c d", {.max_length = 5, .overlap = 100});
        QCOMPARE(windows.back().pair_end - windows.back().pair_begin, std::size_t(1));
        QCOMPARE(windows.size(), std::size_t(4));
    }

    void answersThatAreNotThere() {
        const std::string start =
            Kind("span", R"({"text": "abc", "pair": "q", "answers": [{"text": "b", "answer_start": 2}]})").fault();
        QVERIFY2(start.find("does not stand at 2") != std::string::npos, start.c_str());
        const std::string absent = Kind("span", R"({"text": "abc", "pair": "q", "answers": ["x"]})").fault();
        QVERIFY2(absent.find("does not contain") != std::string::npos, absent.c_str());
        const char* none = R"({"text": "abc", "pair": "q", "answers": []})";
        const std::string lacking = Kind("span", none).fault();
        QVERIFY2(lacking.find("has no answer") != std::string::npos &&
                     lacking.find("Set no_answer") != std::string::npos,
                 lacking.c_str());
        const Kind allowed("span", none, {{"settings", {{"no_answer", true}}}});
        QCOMPARE(allowed.fault(), std::string());
        QCOMPARE(allowed.rows()[0].target, std::string("no answer"));
        QCOMPARE(allowed.task.kind->metric_options(metric_info("squad_f1"), allowed.task).text("squad"),
                 std::string("2.0"));
    }

    void blanks() {
        const Kind kind("cloze", R"({"text": "a package for [MASK] files.", "target": "text"})");
        const Question question = ask(kind.task, Kind::tokenizer(), kind.rows()[0], 100);
        QCOMPARE(Kind::tokenizer().decode(question.before), std::string("a package for"));
        QCOMPARE(Kind::tokenizer().decode(question.behind), std::string("files."));
        QVERIFY(kind.task.kind->choices(kind.task, kind.rows()[0]).empty());
        const Question cut = ask(kind.task, Kind::tokenizer(), kind.rows()[0], 4);
        QVERIFY(cut.before.size() + cut.behind.size() <= 4 && !cut.before.empty());
        const std::string none = Kind("cloze", R"({"text": "a", "target": "b"})").fault();
        QVERIFY2(none.find("line 1: has no blank \"[MASK]\"") != std::string::npos, none.c_str());
        const std::string two = Kind("cloze", R"({"text": "[MASK] [MASK]", "target": "b"})").fault();
        QVERIFY2(two.find("more than one blank") != std::string::npos, two.c_str());
        const Json listed = {{"labels", {"text", "image"}}, {"settings", {{"blank", "___"}}}};
        const Kind candidates("cloze", R"({"text": "a ___ b", "target": "image"})", listed);
        QCOMPARE(candidates.rows()[0].label_index, 1);
        const std::string other = Kind("cloze", R"({"text": "a ___ b", "target": "sound"})", listed).fault();
        QVERIFY2(other.find("none of the task's candidates") != std::string::npos, other.c_str());
        const Caught several =
            caught([] { Kind("cloze", R"({"text": "a [MASK]", "target": "libqt6-widgets and more"})").encoded(); });
        QVERIFY2(several.says("only one token can be ranked"), several.message.c_str());
    }

    // A refusal names family, kind of head and the way out where there is one.
    void refusals() {
        const BackboneAbilities seq2seq{"t5", true, false, false, {}},
            encoder{"bert", false, true, false, {"sequence_classification"}};
        const auto refusal = [](const char* kind, const BackboneAbilities& backbone, bool in_words) {
            return find_task_kind(kind)->refusal(backbone, in_words);
        };
        QCOMPARE(refusal("classification", seq2seq, false),
                 std::string("t5 backbones have no classification head (answers in words do not need one)"));
        QCOMPARE(refusal("tagging", seq2seq, false), std::string("t5 backbones have no tagging head"));
        QCOMPARE(refusal("span", encoder, false),
                 std::string("bert backbones have no span head (answers in words do not need one)"));
        QVERIFY(refusal("span", encoder, true).find("need a decoder") != std::string::npos);
        QVERIFY(refusal("generation", encoder, true).find("needs a decoder") != std::string::npos);
        QCOMPARE(refusal("multiple_choice", encoder, true), std::string());
        QCOMPARE(refusal("cloze", encoder, false), std::string());
        QVERIFY(refusal("cloze", seq2seq, false).find("t5 backbones are neither") != std::string::npos);
        QVERIFY(!Kind("regression", "{\"text\": \"x\", \"number\": 1}").task.kind->problems_in_words(Task()).empty());
    }
};

DIAPASON_TEST(TestKinds)
#include "test_kinds.moc"
