#include "ui/home/home_page.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/words.h"
#include "experiments/study/cost.h"
#include "methods/catalog/method_info.h"
#include "ui/frame/file_dialog.h"
#include "ui/frame/words.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QDateTime>
#include <QHeaderView>
#include <QPointer>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <utility>

namespace diapason::ui {
namespace {

QPushButton* flat(const QString& iconName, const QString& text, const QKeySequence& key) {
    auto* button = new QPushButton(
        icon(iconName), key.isEmpty() ? text : text + QStringLiteral("   ") + key.toString(QKeySequence::NativeText));
    button->setProperty("flat", true);
    return button;
}

// With one run at a time, as the window's worker thread takes them.
QString minutesOf(const Workspace& workspace, const Plan& plan) {
    if (!plan.problems.empty()) return qs(to_line(plan.problems.front()));
    const CostEstimate cost =
        workspace.read([&](const StoreReader& reader) { return study_cost(plan, &reader); }, study_cost(plan, nullptr));
    const auto minutes = std::max(1, static_cast<int>(std::lround(cost.seconds / 60)));
    return cost.measured ? QObject::tr("about %1 min").arg(minutes)
                         : QObject::tr("about %1 min, estimated").arg(minutes);
}

} // namespace

PageInfo home_page_info() {
    return {PageId::home, HomePage::tr("Home"), QStringLiteral("home"),
            [](Workspace& workspace) -> Page* { return new HomePage(workspace); }};
}

HomePage::HomePage(Workspace& workspace, QWidget* parent) : Page(parent), m_workspace(workspace) {
    try {
        m_samples = sample_studies();
    } catch (const Error&) { // the list stays empty; the Design page names what is wrong with a backbone or task
    }
    m_plans.resize(m_samples.size());
    auto* splitter = new QSplitter;
    splitter->setObjectName(QStringLiteral("homeSplitter"));
    splitter->setHandleWidth(1);
    splitter->addWidget(buildSide());
    splitter->addWidget(buildSamples());
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({300, 900});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);
    auto* find = new QAction(tr("Filter the sample studies"), this);
    find->setShortcut(QKeySequence(QStringLiteral("/")));
    connect(find, &QAction::triggered, m_filter, [this] { m_filter->setFocus(Qt::ShortcutFocusReason); });
    m_actions = {find};
    connect(&m_workspace, &Workspace::databaseChanged, this, &HomePage::reloadRecent);
    connect(&m_workspace, &Workspace::sessionStarted, this, [this] {
        updateButtons();
        if (std::exchange(m_runWanted, false)) Q_EMIT pageWanted(PageId::run);
    });
    connect(&m_workspace, &Workspace::designChanged, this, [this] { m_runWanted = false; });
    connect(&m_workspace, &Workspace::problem, this, [this] { m_runWanted = false; });
    connect(&m_workspace, &Workspace::sessionEnded, this, &HomePage::updateButtons);
    reloadRecent();
    if (!m_samples.empty()) m_table->selectRow(0);
    for (std::size_t i = 0; i < m_samples.size(); ++i) {
        const int row = static_cast<int>(i);
        m_workspace.planFor(row + 1, m_samples[i],
                            [page = QPointer<HomePage>(this), row](std::shared_ptr<const Plan> plan) {
                                if (page != nullptr) page->takePlan(row, std::move(plan));
                            });
    }
}

QWidget* HomePage::buildSide() {
    auto* side = new QFrame;
    side->setObjectName(QStringLiteral("side"));
    side->setMinimumWidth(180);
    auto* layout = new QVBoxLayout(side);
    layout->setContentsMargins(12, 16, 12, 8);
    layout->setSpacing(4);
    layout->addWidget(label("title", tr("Diapason")));
    layout->addWidget(label("secondary", tr("Compare parameter-efficient tuning methods")));
    layout->addSpacing(8);
    auto* create = flat(QStringLiteral("plus"), tr("New study"), QKeySequence::New);
    auto* open = flat(QStringLiteral("open"), tr("Open database…"), QKeySequence::Open);
    layout->addWidget(create);
    layout->addWidget(open);
    layout->addSpacing(12);
    layout->addWidget(label("heading", tr("Recent studies")));
    m_database = label("secondary");
    layout->addWidget(m_database);
    m_recent = new QListWidget;
    m_recent->setObjectName(QStringLiteral("recent"));
    dressList(m_recent, false, true);
    m_recent->setAccessibleName(tr("Recent studies"));
    m_recent->setProperty("plain", true);
    layout->addWidget(m_recent, 1);
    m_resume = new QPushButton(icon(QStringLiteral("play")), tr("Resume"));
    m_resume->setObjectName(QStringLiteral("resume"));
    m_resume->setToolTip(tr("Continue the unfinished runs of the selected study"));
    layout->addWidget(m_resume);
    connect(m_recent, &QListWidget::currentItemChanged, this, &HomePage::updateResume);
    connect(m_resume, &QPushButton::clicked, this, [this] {
        if (m_workspace.resumeStudy(selectedStudy())) Q_EMIT pageWanted(PageId::run);
    });
    connect(create, &QPushButton::clicked, this, [this] {
        m_workspace.newStudy();
        Q_EMIT pageWanted(PageId::design);
    });
    connect(open, &QPushButton::clicked, this, [this] {
        if (const QString file = file_dialog::database(this); !file.isEmpty())
            m_workspace.openDatabase(file.toStdString());
    });
    connect(m_recent, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
        if (!item->data(Qt::UserRole).isValid()) return;
        m_workspace.showStudy(item->data(Qt::UserRole).toLongLong());
        Q_EMIT pageWanted(PageId::results);
    });
    return side;
}

QWidget* HomePage::buildSamples() {
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* top = new QHBoxLayout;
    top->setContentsMargins(16, 12, 12, 8);
    auto* titles = new QVBoxLayout;
    titles->addWidget(label("heading", tr("Sample studies")));
    titles->addWidget(
        label("secondary", tr("Each answers one question, runs on this computer and needs no download.")));
    top->addLayout(titles, 1);
    m_filter = new QLineEdit;
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setAccessibleName(tr("Filter the sample studies"));
    m_filter->setObjectName(QStringLiteral("sampleFilter"));
    m_filter->setToolTip(tr("Filter by words in the title or question ( / )"));
    m_filter->setMaximumWidth(180);
    m_filter->setClearButtonEnabled(true);
    top->addWidget(m_filter, 0, Qt::AlignTop);
    layout->addLayout(top);
    m_table = new QTableWidget(static_cast<int>(m_samples.size()), 5);
    m_table->setObjectName(QStringLiteral("samples"));
    dressTable(m_table);
    m_table->setHorizontalHeaderLabels({tr("Question"), tr("Design"), tr("Runs"), tr("Time here"), tr("Backbone")});
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeaderItem(2)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->setAccessibleName(tr("Sample studies"));
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const Study& sample = m_samples[static_cast<std::size_t>(row)];
        const QStringList cells = {qs(sample.title) + QLatin1Char('\n') + qs(sample.question), QString(), QString(),
                                   QString(), qs(sample.backbone)};
        for (int column = 0; column < cells.size(); ++column) {
            m_table->setItem(row, column, new QTableWidgetItem(cells[column]));
            m_table->item(row, column)->setToolTip(qs(sample.question));
        }
        m_table->item(row, 2)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_table->setRowHeight(row, 46);
    }
    layout->addWidget(m_table);
    layout->addWidget(buildPreview(), 1);
    connect(m_table, &QTableWidget::currentCellChanged, this, [this](int row) { showSample(row); });
    connect(m_table, &QTableWidget::cellActivated, this, [this] { openSample(); });
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        for (int row = 0; row < m_table->rowCount(); ++row)
            m_table->setRowHidden(row, !m_table->item(row, 0)->text().contains(text, Qt::CaseInsensitive));
    });
    return content;
}

QWidget* HomePage::buildPreview() {
    auto* preview = new QWidget;
    preview->setProperty("surface", true);
    preview->setAttribute(Qt::WA_StyledBackground);
    auto* layout = new QHBoxLayout(preview);
    layout->setContentsMargins(16, 12, 16, 16);
    layout->setSpacing(24);
    auto* words = new QVBoxLayout;
    m_title = label("heading");
    m_text = label("");
    m_facts = markupLabel("secondary");
    words->addWidget(m_title);
    words->addWidget(m_text);
    auto* buttons = new QHBoxLayout;
    m_run = new QPushButton(tr("Run now"));
    m_run->setProperty("primary", true);
    m_run->setObjectName(QStringLiteral("runNow"));
    m_open = new QPushButton(tr("Open design"));
    m_open->setObjectName(QStringLiteral("openDesign"));
    m_why = label("warning");
    buttons->setSpacing(spacing);
    buttons->addWidget(m_run);
    buttons->addWidget(m_open);
    buttons->addWidget(m_why, 1);
    words->addSpacing(4);
    words->addLayout(buttons);
    words->addSpacing(8);
    words->addWidget(m_facts);
    words->addStretch(1);
    layout->addLayout(words, 2);
    m_block = new BlockView;
    layout->addWidget(m_block, 3);
    connect(m_run, &QPushButton::clicked, this, &HomePage::runSample);
    connect(m_open, &QPushButton::clicked, this, &HomePage::openSample);
    auto* area = scrolling(preview); // a low window shows the rest on demand
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return area;
}

// Runs are started from here only when a database can take them.
void HomePage::updateButtons() {
    const int row = m_table->currentRow();
    const QString why = m_workspace.running()        ? tr("A study is running.")
                        : !m_workspace.hasDatabase() ? tr("No database is open.")
                        : m_workspace.readOnly()     ? tr("The database is read-only.")
                                                     : QString();
    m_why->setText(why);
    const Plan* plan = row < 0 ? nullptr : m_plans[static_cast<std::size_t>(row)].get();
    m_run->setEnabled(plan != nullptr && plan->problems.empty() && why.isEmpty());
    m_open->setEnabled(row >= 0);
    updateResume();
    m_run->setText(plan == nullptr ? tr("Run now") : tr("Run now: %1").arg(Words::runs(plan->runs())));
}

RowId HomePage::selectedStudy() const {
    const QListWidgetItem* item = m_recent->currentItem();
    return item == nullptr ? 0 : item->data(Qt::UserRole).toLongLong();
}

void HomePage::updateResume() {
    const std::size_t runs = m_workspace.resumableRuns(selectedStudy());
    m_resume->setVisible(runs > 0);
    m_resume->setText(tr("Resume %n run(s)", nullptr, static_cast<int>(runs)));
}

void HomePage::reloadRecent() {
    const RowId selected = selectedStudy();
    m_recent->clear();
    m_database->setText(m_workspace.hasDatabase() ? qs(m_workspace.databaseFile().filename().string()) +
                                                        (m_workspace.readOnly() ? tr(", read-only") : QString())
                                                  : tr("No database is open"));
    if (m_workspace.hasDatabase()) {
        auto counts = m_workspace.read([](const StoreReader& reader) { return reader.state_counts(); });
        for (const StudyLine& study :
             m_workspace.read([](const StoreReader& reader) { return reader.study_lines(); })) {
            const StateCounts& runs = counts[study.id];
            const std::size_t finished = runs.in(RunState::finished), interrupted = runs.in(RunState::interrupted);
            QString text = qs(study.title) + QLatin1Char('\n') +
                           tr("%1 of %n run(s) finished", nullptr, static_cast<int>(runs.all())).arg(finished);
            if (interrupted > 0) text += tr(", %1 interrupted").arg(interrupted);
            text += QStringLiteral("\n") +
                    QDateTime::fromMSecsSinceEpoch(study.created_ms).toString(QStringLiteral("d MMM yyyy HH:mm"));
            const bool all = finished == runs.all();
            auto* item = new QListWidgetItem(
                all ? icon(QStringLiteral("check"), Role::good) : icon(QStringLiteral("clock"), Role::warning), text);
            item->setData(Qt::UserRole, static_cast<qlonglong>(study.id));
            item->setToolTip(tr("Press Enter or double-click to open its results"));
            m_recent->addItem(item);
            if (study.id == selected || m_recent->count() == 1) m_recent->setCurrentItem(item);
        }
    }
    if (m_recent->count() == 0) {
        auto* item = new QListWidgetItem(tr("No studies yet\nA study appears here once it is started."));
        item->setFlags(Qt::NoItemFlags);
        m_recent->addItem(item);
    }
    for (int row = 0; row < m_table->rowCount(); ++row)
        showPlan(row);
    fitColumns(m_table, 400);
    // As high as the samples, so that the preview begins where they end; scrolls when they are many.
    const int rows = std::clamp(static_cast<int>(m_samples.size()), 1, 6);
    m_table->setFixedHeight(rows * 46 + m_table->horizontalHeader()->maximumHeight() + 6);
    showSample(m_table->currentRow()); // its time is another one
    updateButtons();
}

void HomePage::takePlan(int row, std::shared_ptr<const Plan> plan) {
    m_plans[static_cast<std::size_t>(row)] = std::move(plan);
    showPlan(row);
    fitColumns(m_table, 400);
    if (row == m_table->currentRow()) showSample(row);
}

void HomePage::showPlan(int row) {
    const std::shared_ptr<const Plan> plan = m_plans[static_cast<std::size_t>(row)];
    if (plan == nullptr) return;
    m_table->item(row, 1)->setText(
        tr("%1 × %2").arg(Words::arms(plan->arms.size()), Words::seeds(plan->study.seeds.size())));
    m_table->item(row, 2)->setText(QString::number(plan->runs()));
    m_table->item(row, 3)->setText(minutesOf(m_workspace, *plan));
}

void HomePage::showSample(int row) {
    if (row < 0) return;
    const Study& study = m_samples[static_cast<std::size_t>(row)];
    m_title->setText(qs(study.title));
    m_text->setText(qs(study.summary));
    QStringList methods;
    for (const StudyMethod& entry : study.methods) {
        QString text = qs(method_info(entry.method).label);
        for (const Factor& factor : entry.vary) {
            QStringList levels;
            for (const Json& level : factor.levels)
                levels.append(qs(plain_text(level)));
            text += tr(" × %1 {%2}").arg(qs(option_name(factor.address)), levels.join(QStringLiteral(", ")));
        }
        methods.append(text);
    }
    const auto row_of = [](const QString& name, const QString& value) {
        return QStringLiteral("<tr><td>%1&nbsp;&nbsp;&nbsp;</td><td>%2</td></tr>").arg(name, value.toHtmlEscaped());
    };
    m_facts->setText(QStringLiteral("<table>") + row_of(tr("Methods"), methods.join(QStringLiteral("; "))) +
                     row_of(tr("Runs"), m_table->item(row, 1)->text()) + row_of(tr("Task"), qs(study.task)) +
                     row_of(tr("Backbone"), qs(study.backbone)) + row_of(tr("Time"), m_table->item(row, 3)->text()) +
                     QStringLiteral("</table>"));
    const std::shared_ptr<const Plan> plan = m_plans[static_cast<std::size_t>(row)];
    const BackboneConfig* config = plan == nullptr ? nullptr : plan->backbone().value.get();
    m_block->setBackbone(config == nullptr ? std::nullopt : std::optional(*config));
    m_block->setMethods(config == nullptr ? std::vector<DrawnMethod>()
                                          : drawn_methods(plan->study, *config, plan->arms, -1));
    updateButtons();
}

bool HomePage::designSample() {
    const int row = m_table->currentRow();
    if (row < 0) return false;
    m_workspace.openDesign(m_samples[static_cast<std::size_t>(row)], m_plans[static_cast<std::size_t>(row)]);
    return true;
}

void HomePage::openSample() {
    if (designSample()) Q_EMIT pageWanted(PageId::design);
}

void HomePage::runSample() {
    if (!designSample()) return;
    m_runWanted = true;
    m_workspace.startSoon();
}

} // namespace diapason::ui
