// The result table: its statistics, its files, and that plain SQL over the stored rows gives the same numbers.

#include "core/store/connection.h"
#include "core/store/store.h"
#include "experiments/results/export.h"
#include "experiments/results/results.h"
#include "experiments/run/study_session.h"
#include "tests/support/fake_executor.h"
#include "tests/support/plans.h"
#include "tests/support/test_support.h"

#include <algorithm>
#include <cmath>

using namespace diapason;
using namespace diapason::testing;
using namespace std::chrono_literals;

namespace {

/// A study of two methods and three seeds, one of whose runs diverges; its title wants escaping everywhere.
RowId stored_study(const std::filesystem::path& file) {
    Store store(file);
    const Plan study = planned(Json{{"format", "diapason-study"},
                                    {"version", 1},
                                    {"id", "small"},
                                    {"title", "=1+1 | 50% & \"more\"_$"},
                                    {"backbone", "encoder-mini"},
                                    {"task", "section"},
                                    {"methods", {{{"method", "full_tuning"}}, {{"method", "lora"}}}},
                                    {"seeds", {1, 2, 3}},
                                    {"baseline", "Full tuning"}});
    const auto script = [](const RunJob& job) -> std::vector<RunEvent> {
        if (job.spec.method == "lora" && job.spec.seed == 3)
            return {StateChanged{RunState::starting, {}, {}, {}},
                    StateChanged{RunState::diverged, "the loss became NaN at step 2", ErrorKind::diverged, {}}};
        return ordinary_run(job);
    };
    StudySession session(store, std::make_unique<FakeExecutor>(script), study);
    session.start();
    session.wait(patience);
    store.flush();
    return session.study_id();
}

const ResultRow& row_of(const ResultTable& table, const std::string& method) {
    for (const ResultRow& row : table.rows)
        if (row.method == method) return row;
    throw std::logic_error(method);
}

} // namespace

class TestResults : public QObject {
    Q_OBJECT

    TemporaryFolder m_folder;
    RowId m_study = 0;

private Q_SLOTS:
    void initTestCase() { m_study = stored_study(m_folder / "a.db"); }

    void estimates() {
        const Estimate one = estimate({3});
        QVERIFY(one.n == 1 && one.mean == 3 && !one.sd && !one.half_width);
        QCOMPARE(estimate({}).n, std::size_t(0));
        // t(0.975, 2) = 4.302652729911275: a table's value.
        const Estimate three = estimate({1, 2, 6});
        QCOMPARE(three.mean, 3.0);
        QVERIFY(std::abs(*three.sd - std::sqrt(7.0)) < 1e-12);
        QVERIFY(std::abs(*three.half_width - 4.302652729911275 * std::sqrt(7.0 / 3)) < 1e-9);
    }

    void divergedRunsAreCountedButNeverAveraged() {
        const ResultTable table = result_table(StoreReader(m_folder / "a.db"), m_study);
        const ResultRow& lora = row_of(table, "lora");
        QCOMPARE(lora.finished, std::size_t(2));
        QCOMPARE(lora.diverged, std::size_t(1));
        QCOMPARE(lora.metrics.front().n, std::size_t(2));
        QCOMPARE(table.finished, std::size_t(5));
        QVERIFY((table.primary_metric == MetricName{"test", "", "accuracy"}));
        QVERIFY(lora.differences.front());
        QCOMPARE(lora.differences.front()->n, std::size_t(2)); // paired: seeds 1 and 2 only
        QVERIFY(std::abs(lora.differences.front()->mean + 0.03 * 7) < 1e-9);
        QVERIFY(!row_of(table, "full_tuning").differences.front());
    }

    void plainSqlGivesTheSameNumbers() {
        const ResultTable table = result_table(StoreReader(m_folder / "a.db"), m_study);
        Connection connection(m_folder / "a.db", Connection::Mode::read_only);
        for (const ResultRow& row : table.rows) {
            for (std::size_t i = 0; i < table.metrics.size(); ++i) {
                // From the points themselves, not from the summary that the table reads.
                Statement statement(connection,
                                    "SELECT count(*), avg(p.value) FROM point p "
                                    "JOIN series s ON s.id = p.series JOIN run r ON r.id = s.run "
                                    "WHERE r.arm = ? AND r.state = 'finished' AND s.split = ? AND s.dataset = '' "
                                    "AND s.metric = ?");
                statement.bind(1, std::int64_t(row.arm))
                    .bind(2, table.metrics[i].split)
                    .bind(3, table.metrics[i].metric);
                QVERIFY(statement.step());
                QCOMPARE(statement.integer(0), std::int64_t(row.metrics[i].n));
                QVERIFY(std::abs(statement.real(1) - row.metrics[i].mean) < 1e-12);
            }
        }
    }

    void filesAreTheSameEveryTime() {
        const ResultTable table = result_table(StoreReader(m_folder / "a.db"), m_study);
        const ResultTable again = result_table(StoreReader(m_folder / "a.db"), m_study);
        for (const TableFormat format :
             {TableFormat::csv, TableFormat::markdown, TableFormat::latex, TableFormat::json, TableFormat::text})
            QVERIFY(render(table, format) == render(again, format));
    }

    void csvIsQuotedAndHarmless() {
        ResultTable table = result_table(StoreReader(m_folder / "a.db"), m_study);
        table.rows[0].label = "=HYPERLINK(\"x\"), a";
        const std::string csv = render(table, TableFormat::csv);
        QVERIFY2(csv.find("\r\n\"'=HYPERLINK(\"\"x\"\"), a\",") != std::string::npos, csv.c_str());
        const auto lines = QByteArray::fromStdString(csv).split('\n');
        QCOMPARE(lines.size(), qsizetype(table.rows.size() + 2));
    }

    void latexAndMarkdownAreEscaped() {
        const ResultTable table = result_table(StoreReader(m_folder / "a.db"), m_study);
        const std::string latex = render(table, TableFormat::latex), markdown = render(table, TableFormat::markdown);
        QVERIFY2(latex.find("50\\% \\&") != std::string::npos, latex.c_str());
        QVERIFY(latex.find("\\_\\$") != std::string::npos);
        QVERIFY(latex.find("\\toprule") != std::string::npos && latex.find("booktabs") != std::string::npos);
        QVERIFY2(markdown.find("\\|") != std::string::npos, markdown.c_str());
    }

    void jsonIsReadable() {
        const ResultTable table = result_table(StoreReader(m_folder / "a.db"), m_study);
        const Json document = parse_json(render(table, TableFormat::json), "table");
        QCOMPARE(document["arms"].size(), table.rows.size());
        const Json& accuracy = document["arms"][1]["metrics"]["test/accuracy"];
        QCOMPARE(accuracy["n"], Json(2));
        QCOMPARE(accuracy["split"], Json("test"));
        QCOMPARE(accuracy["metric"], Json("accuracy"));
    }

    // Columns of text hold any bytes.
    void namesNeedNotBeUtf8() {
        ResultTable table;
        table.title = table.backbone = "a\xff";
        table.rows.emplace_back().label = "b\xfe";
        for (const TableFormat format :
             {TableFormat::text, TableFormat::csv, TableFormat::markdown, TableFormat::latex, TableFormat::json})
            QVERIFY(!render(table, format).empty());
        QCOMPARE(parse_json(render(table, TableFormat::json), "table")["title"], Json("a\uFFFD"));
    }

    // A study-wide factor divides a study: each level has a baseline of its own.
    void baselinesAreTakenAtEqualFactors() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        const Plan study = planned(Json{{"format", "diapason-study"},
                                        {"version", 1},
                                        {"id", "wide"},
                                        {"title", "wide"},
                                        {"backbone", "encoder-mini"},
                                        {"task", "section"},
                                        {"methods", {{{"method", "head_only"}}, {{"method", "lora"}}}},
                                        {"factors", {{"training.steps", {5, 10}}}},
                                        {"seeds", {1, 2}}});
        // A run's score is told by its steps and its method.
        const auto script = [](const RunJob& job) {
            std::vector<RunEvent> events = ordinary_run(job);
            const double score =
                job.spec.training_options.at("steps").get<double>() / 100 + (job.spec.method == "lora" ? 0.02 : 0.0);
            for (RunEvent& event : events) {
                if (auto* changed = std::get_if<StateChanged>(&event); changed && changed->state == RunState::finished)
                    changed->summary["metrics"] = to_json(std::vector<MetricValue>{{{"test", "", "accuracy"}, score}});
            }
            return events;
        };
        StudySession session(store, std::make_unique<FakeExecutor>(script), study);
        session.start();
        session.wait(patience);
        store.flush();
        const ResultTable table = result_table(StoreReader(folder / "a.db"), session.study_id());
        QCOMPARE(table.rows.size(), std::size_t(4));
        QCOMPARE(table.baseline, std::string("Head only at equal steps"));
        const auto accuracy = static_cast<std::size_t>(
            std::find(table.metrics.begin(), table.metrics.end(), MetricName{"test", "", "accuracy"}) -
            table.metrics.begin());
        for (const ResultRow& row : table.rows) {
            QCOMPARE(row.baseline, row.method == "head_only");
            QCOMPARE(row.differences[accuracy].has_value(), row.method == "lora");
            if (row.method == "lora") QVERIFY(std::abs(row.differences[accuracy]->mean - 0.02) < 1e-9);
        }
    }

    void unknownStudyIsSaid() {
        QVERIFY(caught([&] { result_table(StoreReader(m_folder / "a.db"), 999); }).says("999"));
    }

    void unfinishedStudiesSaySo() {
        TemporaryFolder folder;
        Store store(folder / "a.db");
        StudySession session(store, std::make_unique<FakeExecutor>([](const RunJob& job) { return ordinary_run(job); }),
                             planned(sample_study("first-look")));
        store.flush();
        const ResultTable table = result_table(StoreReader(folder / "a.db"), session.study_id());
        QCOMPARE(table.rows.size(), std::size_t(12));
        QCOMPARE(table.finished, std::size_t(0));
        for (const TableFormat format :
             {TableFormat::csv, TableFormat::markdown, TableFormat::latex, TableFormat::json, TableFormat::text})
            QVERIFY(!render(table, format).empty());
    }
};

DIAPASON_TEST(TestResults)
#include "test_results.moc"
