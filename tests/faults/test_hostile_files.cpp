// slow
// Files that somebody has damaged or made to harm: whatever they are, the program ends by itself with an exit code of
// its contract, soon and without much memory. hostile.sh does many more of each kind.

#include "core/store/store.h"
#include "tests/support/measured.h"
#include "tests/support/program.h"
#include "tests/support/spoilt_models.h"

#include <map>
#include <set>

using namespace diapason;
using namespace diapason::testing;

namespace fs = std::filesystem;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::int64_t most_kb = 2000 * 1024;
constexpr double slower = 20;
#else
constexpr std::int64_t most_kb = 200 * 1024;
constexpr double slower = 1;
#endif
constexpr double most_seconds = 2 * slower, margin = 4; // seconds beyond so many times what the good file takes

const std::set<int> contract = {0, 2, 3, 4, 8};

int number_from(const char* variable, int otherwise) {
    const QByteArray given = qgetenv(variable);
    return given.isEmpty() ? otherwise : given.toInt();
}

struct DataKind {
    const char* name;
    const char* file;
    const char *before, *between, *behind; ///< a row's text, and its label
    const char* first;                     ///< line
};
const DataKind data_kinds[] = {
    {"TSV", "data.tsv", "a text \xc3\xa4 ", "\t", "\n", "text\tlabel\n"},
    {"CSV", "data.csv", "\"a, \"\"text\"\"\n", "\",", "\r\n", "text,label\r\n"},
    {"JSONL", "data.jsonl", R"({"text": "a text \u00e4 )", R"(", "label": ")", "\"}\n", ""},
};

// Enough rows that every split has some.
std::string good_rows(const DataKind& kind) {
    std::string text = kind.first;
    for (int i = 0; i < 60; ++i)
        text += kind.before + std::to_string(i) + kind.between + (i % 2 == 0 ? "x" : "y") + kind.behind;
    return text;
}

Json small_study() {
    Json study = tiny_study();
    study["methods"].push_back({{"method", "serial_adapter"}, {"vary", {{"size", {4, 8}}}}});
    study["factors"] = {{"training.learning_rate", {0.001, 0.003}}};
    study["exclude"] = {{{"match", {{"method", "lora"}, {"training.learning_rate", 0.003}}}, {"reason", "none"}}};
    return study;
}

Json small_task() {
    return {{"format", "diapason-task"},
            {"version", 1},
            {"reader", "tsv"},
            {"data", {{"train", "a.tsv"}, {"validation", "a.tsv"}, {"test", "a.tsv"}}},
            {"columns", {{"text", "text"}, {"label", "label"}}},
            {"labels", {"x", {{"id", "y"}, {"words", "why"}}}},
            {"max_tokens", 16}};
}

const std::vector<std::string>& hostile_names() {
    static const std::vector<std::string> names = {"x; touch pwned #",
                                                   "$(touch pwned)",
                                                   "`touch pwned`",
                                                   "../../etc/passwd",
                                                   "/etc/passwd",
                                                   "a\nb",
                                                   "a\r\n\r\nb",
                                                   "\t\t",
                                                   "\x1b[2J\x1b[31mred",
                                                   "\x07\x08",
                                                   "\u202eevil",
                                                   "a\u200bb",
                                                   "\u2028\u2029",
                                                   "\xff\xfe\xfd",
                                                   "=cmd|' /C calc'!A0",
                                                   "+1+1",
                                                   "@SUM(1)",
                                                   "-2+3",
                                                   "\"quoted\" 'text'",
                                                   "<script>alert(1)</script>",
                                                   "| a | b |",
                                                   "**b** [c](http://d)",
                                                   R"(\input{/etc/passwd} % $x$ & #)",
                                                   "}\\end{tabular}\\write18{x}",
                                                   "; DROP TABLE study; --",
                                                   "\u4F60\u597D \U0001F642",
                                                   std::string(10'000, 'n'),
                                                   "%s%n%x",
                                                   "NaN",
                                                   " "};
    return names;
}

// A finished study of these words, as a database may bring it.
void store_names(const fs::path& file, const std::string& name) {
    NewStudy given;
    given.study.uuid = new_uuid();
    given.study.title = name;
    // JSON is UTF-8; columns of text are any bytes.
    const std::string text = Json(name).dump(-1, ' ', false, Json::error_handler_t::replace);
    const Json word = Json::parse(text);
    given.study.document = {{"format", "diapason-study"}, {"version", 1}, {"title", word},
                            {"backbone", word},           {"task", word}, {"baseline", word}};
    given.study.tasks = {{word.get<std::string>(), {{"primary_metric", "accuracy"}}}};
    given.factors = {{name, {word}}};
    given.arms = {{0, 0, 0, name, name, {{"method", word}}, 1}};
    RunRecord run;
    run.uuid = new_uuid();
    run.seed = 1;
    run.spec = {{"method", word}};
    run.fingerprint = "x";
    given.runs = {run};
    Store store(file);
    const RowId id = store.create_study(given).runs.front();
    store.begin_attempt(id);
    store.set_began(id, {2, 0, 10, 10, 320, 5, {{"device", word}}});
    store.set_state(id, RunState::running, name, nullptr);
    store.set_state(id, RunState::finished, name,
                    {{"metrics", {{"test/accuracy", 0.5}}}, {"best_step", 1}, {"seconds", 1}});
    store.flush();
}

} // namespace

class TestHostileFiles : public QObject {
    Q_OBJECT

    std::map<std::string, Measured> m_good; ///< what commands take on good files
    std::map<std::string, std::map<int, int>> m_codes;

    // Within the contract, or what is wrong.
    QString fault(const std::string& kind, const Measured& good, const Measured& measured) {
        ++m_codes[kind][measured.code];
        if (measured.signal != 0) return QStringLiteral("ended by signal %1").arg(measured.signal);
        if (contract.count(measured.code) == 0)
            return QStringLiteral("exit code %1: %2")
                .arg(measured.code)
                .arg(QString::fromStdString(measured.error.substr(0, 500)));
        if (measured.code != 0 && measured.error.find("error: ") == std::string::npos && measured.out.empty())
            return QStringLiteral("no message");
        if (measured.cpu_s > margin * good.cpu_s + most_seconds)
            return QStringLiteral("%1 s where the good file takes %2").arg(measured.cpu_s).arg(good.cpu_s);
        if (measured.peak_kb > good.peak_kb + most_kb)
            return QStringLiteral("%1 kB where the good file takes %2").arg(measured.peak_kb).arg(good.peak_kb);
        return {};
    }

    template <class Make>
    void many(const std::string& kind, int count, const Measured& good, Make&& make) {
        for (int i = 0; i < count; ++i) {
            TemporaryFolder folder;
            Mutator mutator(std::hash<std::string>()(kind) + std::uint64_t(i));
            const std::vector<std::string> arguments = make(folder.path(), mutator);
            const Measured measured = measure_cli(folder.path(), arguments);
            const QString wrong = fault(kind, good, measured);
            QVERIFY2(
                wrong.isEmpty(),
                qPrintable(QStringLiteral("%1, number %2: %3").arg(QString::fromStdString(kind)).arg(i).arg(wrong)));
        }
    }

    static std::vector<std::string> check_words(const fs::path& folder) {
        return {"backbone", "check", folder.string()};
    }
    static std::vector<std::string> study_words(const std::string& task = {}) {
        std::vector<std::string> words = {"study", "check", "study.json"};
        if (!task.empty()) words.insert(words.end(), {"--task", task});
        return words;
    }

    const Measured& good_model() {
        Measured& good = m_good["model"];
        if (good.code < 0) {
            TemporaryFolder folder;
            good = measure_cli(folder.path(), check_words(tiny_backbone(folder / "model")));
        }
        return good;
    }
    const Measured& good_study() {
        Measured& good = m_good["study"];
        if (good.code < 0) {
            TemporaryFolder folder;
            write_text(folder / "study.json", small_study().dump());
            good = measure_cli(folder.path(), study_words());
        }
        return good;
    }

private Q_SLOTS:
    void goodFilesAreGood() {
        QVERIFY2(good_model().code == 0, good_model().error.c_str());
        QVERIFY2(good_study().code == 0, good_study().error.c_str());
        TemporaryFolder folder;
        write_text(folder / "study.json", tiny_study().dump());
        write_text(folder / "a.tsv", good_rows(data_kinds[0]));
        write_text(folder / "task.json", small_task().dump());
        std::vector<std::string> tasks = {"task.json"};
        for (const DataKind& kind : data_kinds) {
            write_text(folder / kind.file, good_rows(kind));
            tasks.emplace_back(kind.file);
        }
        for (const std::string& task : tasks) {
            const Measured measured = measure_cli(folder.path(), study_words(task));
            QVERIFY2(measured.code == 0, (task + ": " + measured.error).c_str());
        }
    }

    void models_data() {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < std::size(model_kinds); ++i)
            QTest::newRow(model_kinds[i].name) << int(i);
    }
    void models() {
        QFETCH(int, index);
        const ModelKind& kind = model_kinds[std::size_t(index)];
        many(kind.name, number_from("DIAPASON_HOSTILE_MODELS", 2), good_model(),
             [&](const fs::path& home, Mutator& mutator) {
                 kind.spoil(tiny_backbone(home / "model"), mutator);
                 return check_words(home / "model");
             });
    }

    void dataFiles_data() {
        QTest::addColumn<int>("index");
        for (std::size_t i = 0; i < std::size(data_kinds); ++i)
            QTest::newRow(data_kinds[i].name) << int(i);
    }
    void dataFiles() {
        QFETCH(int, index);
        const DataKind& kind = data_kinds[std::size_t(index)];
        many(kind.name, number_from("DIAPASON_HOSTILE_DATA", 6), good_study(),
             [&](const fs::path& home, Mutator& mutator) {
                 write_text(home / "study.json", tiny_study().dump());
                 write_text(home / kind.file, mutator.changed(good_rows(kind)));
                 return study_words(kind.file);
             });
    }

    void studies() {
        many("study", number_from("DIAPASON_HOSTILE_STUDIES", 10), good_study(),
             [](const fs::path& home, Mutator& mutator) {
                 write_text(home / "study.json", mutator.changed_json(small_study()));
                 return study_words();
             });
    }

    void tasks() {
        many("task", number_from("DIAPASON_HOSTILE_STUDIES", 10), good_study(),
             [](const fs::path& home, Mutator& mutator) {
                 write_text(home / "study.json", tiny_study().dump());
                 write_text(home / "a.tsv", good_rows(data_kinds[0]));
                 write_text(home / "task.json", mutator.changed_json(small_task()));
                 return study_words("task.json");
             });
    }

    // A stored adapter, spoilt as models are.
    void adapters() {
        TemporaryFolder source;
        Json study = tiny_study();
        study["methods"] = {{{"method", "lora"}}};
        study["training"]["steps"] = 1;
        study["seeds"] = {1};
        write_text(source / "study.json", study.dump());
        QCOMPARE(measure_cli(source.path(), {"study", "run", "study.json", "--quiet"}).code, 0);
        std::string adapter;
        for (const auto& item : fs::recursive_directory_iterator(source / "diapason.db.files"))
            if (item.path().filename() == "adapter.safetensors") adapter = content(item.path());
        QVERIFY(!adapter.empty());
        write_text(source / "a.safetensors", adapter);
        const std::vector<std::string> words = {"inspect", "a.safetensors", "--items", "4"};
        const Measured good = measure_cli(source.path(), words);
        QVERIFY2(good.code == 0, good.error.c_str());
        many("adapter", number_from("DIAPASON_HOSTILE_MODELS", 2) * 3, good,
             [&](const fs::path& home, Mutator& mutator) {
                 const std::size_t how = mutator.below(3);
                 write_text(home / "a.safetensors", how == 0   ? mutator.changed(adapter)
                                                    : how == 1 ? mutator.changed_header(adapter)
                                                               : mutator.changed_values(adapter));
                 return words;
             });
        // Numbers that are not finite are one line.
        TemporaryFolder folder;
        write_text(folder / "a.safetensors", Mutator(1).changed_values(adapter));
        const Measured measured = measure_cli(folder.path(), words);
        QCOMPARE(measured.code, 3);
        QVERIFY2(measured.error.find("NaN or infinite") != std::string::npos &&
                     std::count(measured.error.begin(), measured.error.end(), '\n') == 1,
                 measured.error.c_str());
    }

    // Names are text in every format: nothing is executed, and no control character reaches a terminal.
    void names() {
        const int count = std::min<int>(number_from("DIAPASON_HOSTILE_NAMES", 6), int(hostile_names().size()));
        Measured good;
        for (int i = -1; i < count; ++i) {
            TemporaryFolder folder;
            store_names(folder / "diapason.db", i < 0 ? "name" : hostile_names()[std::size_t(i)]);
            std::vector<std::vector<std::string>> commands = {{"study", "show", "1"}};
            for (const char* format : {"text", "csv", "markdown", "latex", "json"})
                commands.push_back({"export", "--study", "1", "--format", format});
            for (const auto& words : commands) {
                const Measured measured = measure_cli(folder.path(), words);
                if (i < 0) {
                    QVERIFY2(measured.code == 0, measured.error.c_str());
                    good = measured;
                    continue;
                }
                const QString wrong = fault("name", good, measured);
                QVERIFY2(
                    wrong.isEmpty(),
                    qPrintable(
                        QStringLiteral("name %1, %2: %3").arg(i).arg(QString::fromStdString(words.back()), wrong)));
                QVERIFY2(measured.code == 0, measured.error.c_str());
                const bool terminal = words.front() == "study" || words.back() == "text";
                QVERIFY(!terminal || measured.out.find('\x1b') == std::string::npos);
            }
            QVERIFY(!fs::exists(folder / "pwned"));
        }
    }

    void cleanupTestCase() {
        for (const auto& [kind, codes] : m_codes) {
            QStringList parts;
            for (const auto& [code, times] : codes)
                parts.append(QStringLiteral("%1 × exit code %2").arg(times).arg(code));
            qInfo("%s: %s", kind.c_str(), qPrintable(parts.join(QStringLiteral(", "))));
        }
    }
};

DIAPASON_TEST(TestHostileFiles)
#include "test_hostile_files.moc"
