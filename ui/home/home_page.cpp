#include "ui/home/home_page.h"

#include "core/base/error.h"
#include "core/base/format.h"
#include "experiments/cost.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"

#include <QDateTime>
#include <QHeaderView>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace diapason::ui {
namespace {

QLabel* label(const char* role, const QString& text = {}) {
    auto* widget = new QLabel(text);
    widget->setProperty("role", QLatin1String(role));
    widget->setWordWrap(true);
    return widget;
}

QPushButton* flat(const QString& iconName, const QString& text, const QKeySequence& key) {
    auto* button = new QPushButton(
        icon(iconName), key.isEmpty() ? text : text + QStringLiteral("   ") + key.toString(QKeySequence::NativeText));
    button->setProperty("flat", true);
    return button;
}

// With one run at a time, as the window's worker thread takes them.
QString minutesOf(const Workspace& workspace, const Study& study) {
    try {
        const CostEstimate cost = study_cost(study, workspace.hasDatabase() ? &workspace.reader() : nullptr);
        const auto minutes = std::max(1, static_cast<int>(std::lround(cost.seconds / 60)));
        return cost.measured ? QObject::tr("about %1 min").arg(minutes)
                             : QObject::tr("about %1 min, estimated").arg(minutes);
    } catch (const Error& error) {
        return qs(error.what());
    }
}

} // namespace

HomePage::HomePage(Workspace& workspace, QWidget* parent) : Page(parent), m_workspace(workspace) {
    try {
        m_samples = sample_studies();
    } catch (const Error&) { // the list stays empty; the Design page names what is wrong with a backbone or task
    }
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
    connect(&m_workspace, &Workspace::databaseChanged, this, &HomePage::reloadRecent);
    reloadRecent();
    if (!m_samples.empty()) m_table->selectRow(0);
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
    m_recent->setWordWrap(true);
    m_recent->setAccessibleName(tr("Recent studies"));
    m_recent->setStyleSheet(QStringLiteral("background: transparent"));
    layout->addWidget(m_recent, 1);
    connect(create, &QPushButton::clicked, this, &HomePage::newStudyWanted);
    connect(open, &QPushButton::clicked, this, &HomePage::openDatabaseWanted);
    connect(m_recent, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
        if (!item->data(Qt::UserRole).isValid()) return;
        m_workspace.showStudy(item->data(Qt::UserRole).toLongLong());
        Q_EMIT studyOpened(false);
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
    titles->addWidget(label("secondary", tr("Each asks one question and runs on this machine without a download.")));
    top->addLayout(titles, 1);
    m_filter = new QLineEdit;
    m_filter->setPlaceholderText(tr("Filter"));
    m_filter->setAccessibleName(tr("Filter the sample studies"));
    m_filter->setMaximumWidth(180);
    m_filter->setClearButtonEnabled(true);
    top->addWidget(m_filter, 0, Qt::AlignTop);
    layout->addLayout(top);
    m_table = new QTableWidget(static_cast<int>(m_samples.size()), 5);
    m_table->setHorizontalHeaderLabels({tr("Question"), tr("Design"), tr("Runs"), tr("Time here"), tr("Backbone")});
    m_table->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Stretch);
    for (int column = 1; column < 5; ++column)
        m_table->horizontalHeader()->setSectionResizeMode(column, QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeaderItem(2)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->verticalHeader()->hide();
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setTabKeyNavigation(false);
    m_table->setAccessibleName(tr("Sample studies"));
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const SampleStudy& sample = m_samples[static_cast<std::size_t>(row)];
        const auto arms = sample.runs / std::max<std::size_t>(1, sample.study.seeds.size());
        const QStringList cells = {qs(sample.study.title) + QLatin1Char('\n') + qs(sample.study.question),
                                   tr("%1 arms × %2 seeds").arg(arms).arg(sample.study.seeds.size()),
                                   QString::number(sample.runs), QString(), qs(sample.study.backbone)};
        for (int column = 0; column < cells.size(); ++column)
            m_table->setItem(row, column, new QTableWidgetItem(cells[column]));
        m_table->item(row, 2)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_table->setRowHeight(row, 46);
    }
    layout->addWidget(m_table, 1);
    auto* preview = new QWidget;
    auto* previewLayout = new QVBoxLayout(preview);
    previewLayout->setContentsMargins(16, 12, 16, 16);
    m_title = label("heading");
    m_text = label("");
    m_facts = label("secondary");
    previewLayout->addWidget(m_title);
    previewLayout->addWidget(m_text);
    previewLayout->addWidget(m_facts);
    auto* buttons = new QHBoxLayout;
    m_run = new QPushButton(tr("Run now"));
    m_run->setProperty("primary", true);
    m_run->setObjectName(QStringLiteral("runNow"));
    m_open = new QPushButton(tr("Open the design"));
    m_open->setObjectName(QStringLiteral("openDesign"));
    buttons->setSpacing(spacing);
    buttons->addWidget(m_run);
    buttons->addWidget(m_open);
    buttons->addStretch();
    previewLayout->addSpacing(8);
    previewLayout->addLayout(buttons);
    layout->addWidget(preview);
    connect(m_table, &QTableWidget::currentCellChanged, this, [this](int row) { showSample(row); });
    connect(m_table, &QTableWidget::cellActivated, this, [this] { openSample(); });
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        for (int row = 0; row < m_table->rowCount(); ++row)
            m_table->setRowHidden(row, !m_table->item(row, 0)->text().contains(text, Qt::CaseInsensitive));
    });
    connect(m_run, &QPushButton::clicked, this, &HomePage::runSample);
    connect(m_open, &QPushButton::clicked, this, &HomePage::openSample);
    return content;
}

void HomePage::reloadRecent() {
    m_recent->clear();
    m_database->setText(m_workspace.hasDatabase() ? qs(m_workspace.databaseFile().filename().string()) +
                                                        (m_workspace.readOnly() ? tr(", read-only") : QString())
                                                  : tr("no database"));
    if (m_workspace.hasDatabase()) {
        for (const StudyRecord& study : m_workspace.reader().studies()) {
            const auto runs = m_workspace.reader().runs(study.id);
            const auto finished =
                std::count_if(runs.begin(), runs.end(), [](const RunRecord& run) { return run.state == "finished"; });
            const auto interrupted = std::count_if(runs.begin(), runs.end(),
                                                   [](const RunRecord& run) { return run.state == "interrupted"; });
            QString text = qs(study.title) + QLatin1Char('\n') + tr("%1 of %2 finished").arg(finished).arg(runs.size());
            if (interrupted > 0) text += tr(", %1 interrupted").arg(interrupted);
            text += QStringLiteral("\n") +
                    QDateTime::fromMSecsSinceEpoch(study.created_ms).toString(QStringLiteral("d MMM yyyy HH:mm"));
            auto* item = new QListWidgetItem(text);
            item->setData(Qt::UserRole, static_cast<qlonglong>(study.id));
            item->setToolTip(tr("Open with Enter or a double click"));
            m_recent->addItem(item);
        }
    }
    if (m_recent->count() == 0) {
        auto* item = new QListWidgetItem(tr("No studies yet. They are listed here once they have been started."));
        item->setFlags(Qt::NoItemFlags);
        m_recent->addItem(item);
    }
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const SampleStudy& sample = m_samples[static_cast<std::size_t>(row)];
        m_table->item(row, 3)->setText(minutesOf(m_workspace, sample.study));
    }
    m_run->setEnabled(!m_workspace.running() && m_workspace.hasDatabase() && !m_workspace.readOnly() &&
                      m_table->currentRow() >= 0);
}

void HomePage::showSample(int row) {
    if (row < 0) return;
    const Study& study = m_samples[static_cast<std::size_t>(row)].study;
    m_title->setText(qs(study.title));
    m_text->setText(qs(study.summary));
    QString arms;
    for (const Arm& arm : expand(study))
        arms += (arms.isEmpty() ? QString() : QStringLiteral(" · ")) + qs(arm.label);
    m_facts->setText(tr("Arms: %1").arg(arms));
    m_run->setEnabled(!m_workspace.running() && m_workspace.hasDatabase() && !m_workspace.readOnly());
}

void HomePage::openSample() {
    if (m_table->currentRow() < 0) return;
    m_workspace.openDesign(m_samples[static_cast<std::size_t>(m_table->currentRow())].study);
    Q_EMIT designOpened();
}

void HomePage::runSample() {
    if (m_table->currentRow() < 0) return;
    m_workspace.openDesign(m_samples[static_cast<std::size_t>(m_table->currentRow())].study);
    if (m_workspace.startStudy()) Q_EMIT runStarted();
}

} // namespace diapason::ui
