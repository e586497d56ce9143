#include "ui/results/results_page.h"

#include "core/base/error.h"
#include "ui/results/export_dialog.h"
#include "ui/results/inspection_dialog.h"
#include "ui/results/table_text.h"
#include "ui/theme/icons.h"
#include "ui/theme/labels.h"
#include "ui/theme/theme.h"
#include "ui/theme/views.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QSplitter>
#include <QVBoxLayout>

#include <set>

namespace diapason::ui {

ResultsPage::ResultsPage(Workspace& workspace, QWidget* parent)
    : Page(parent),
      m_workspace(workspace),
      m_model(new ResultsModel(this)),
      m_sorted(new QSortFilterProxyModel(this)),
      m_table(new QTableView),
      m_plot(new SizePlot),
      m_heading(new QLabel),
      m_notes(new QLabel),
      m_export(new QPushButton(tr("Export…"))) {
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(ResultsModel::SortRole);
    m_table->setModel(m_sorted);
    m_table->setSortingEnabled(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::DescendingOrder); // arm order until a column is chosen
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    dressTable(m_table);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setObjectName(QStringLiteral("results"));
    m_table->setAccessibleName(tr("Results by arm"));
    m_heading->setProperty("role", QStringLiteral("heading"));
    m_notes->setWordWrap(true);
    m_notes->setProperty("role", QStringLiteral("secondary"));
    m_notes->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_export->setProperty("primary", true);

    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* bar = new QHBoxLayout;
    bar->setContentsMargins(12, 6, 12, 6);
    bar->setSpacing(spacing);
    bar->addWidget(m_heading);
    bar->addStretch();
    auto* copy = new QPushButton(icon(QStringLiteral("copy")), tr("Copy table"));
    copy->setToolTip(tr("The selected rows, else all, with headers, for a spreadsheet (Ctrl+C)"));
    m_export->setObjectName(QStringLiteral("export"));
    m_export->setToolTip(tr("Ctrl+E"));
    auto* inspect = new QPushButton(tr("Inspect…"));
    inspect->setObjectName(QStringLiteral("inspect"));
    inspect->setToolTip(tr("What the selected arm's adapters do: changes, spectra, masks, near words (Ctrl+I)"));
    bar->addWidget(copy);
    bar->addWidget(inspect);
    bar->addWidget(m_export);
    layout->addLayout(bar);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("resultsSplitter"));
    splitter->setHandleWidth(1);
    splitter->addWidget(m_table);
    auto* lower = new QWidget;
    auto* lowerLayout = new QHBoxLayout(lower);
    lowerLayout->setContentsMargins(0, 0, 12, 0);
    auto* plotColumn = new QVBoxLayout;
    plotColumn->setSpacing(0);
    auto* plotTitle =
        label("", tr("<b>Score against size</b>&nbsp; mean and 95 % t-interval over seeds; a name that found "
                     "no place shows under the mouse"));
    plotTitle->setContentsMargins(12, 6, 12, 2);
    plotColumn->addWidget(plotTitle);
    plotColumn->addWidget(m_plot, 1);
    lowerLayout->addLayout(plotColumn, 3);
    auto* notesColumn = new QVBoxLayout;
    notesColumn->addSpacing(8);
    notesColumn->addWidget(label("heading", tr("Notes")));
    notesColumn->addWidget(m_notes);
    notesColumn->addStretch();
    lowerLayout->addLayout(notesColumn, 1);
    splitter->addWidget(lower);
    splitter->setSizes({380, 320});
    layout->addWidget(splitter, 1);

    auto* empty = label("secondary", tr("No study has been run in this database yet."));
    empty->setAlignment(Qt::AlignCenter);
    m_stack = new QStackedLayout(this);
    m_stack->addWidget(empty);
    m_stack->addWidget(content);

    auto* copyAction = new QAction(tr("Copy results"), this);
    copyAction->setShortcut(QKeySequence::Copy);
    copyAction->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(copyAction);
    auto* exportAction = new QAction(tr("Export results…"), this);
    exportAction->setShortcut(QKeySequence(QStringLiteral("Ctrl+E")));
    auto* inspectAction = new QAction(tr("Inspect adapters…"), this);
    inspectAction->setShortcut(QKeySequence(QStringLiteral("Ctrl+I")));
    m_actions = {copyAction, inspectAction, exportAction};
    const auto doCopy = [this] { QApplication::clipboard()->setText(selectionText()); };
    connect(copyAction, &QAction::triggered, this, doCopy);
    connect(copy, &QPushButton::clicked, this, doCopy);
    connect(exportAction, &QAction::triggered, this, &ResultsPage::openExport);
    connect(m_export, &QPushButton::clicked, this, &ResultsPage::openExport);
    connect(inspectAction, &QAction::triggered, this, &ResultsPage::openInspection);
    connect(inspect, &QPushButton::clicked, this, &ResultsPage::openInspection);
    connect(&m_workspace, &Workspace::studyChanged, this, &ResultsPage::reload);
    connect(&m_workspace, &Workspace::sessionEnded, this, &ResultsPage::reload);
    // A finished run changes the table; its curve points do not.
    connect(&m_workspace, &Workspace::runEvents, this, [this](const RunEvents& events) {
        for (const auto& [run, event] : events) {
            const auto* change = std::get_if<StateChanged>(&event);
            if (change != nullptr && is_terminal(change->state) && isVisible()) {
                QTimer::singleShot(500, this, &ResultsPage::reload); // the store commits within a quarter of a second
                return;
            }
        }
    });
    reload();
}

void ResultsPage::reload() {
    const RowId study = m_workspace.currentStudy();
    m_stack->setCurrentIndex(study == 0 ? 0 : 1);
    if (study == 0) return;
    try {
        m_model->setTable(result_table(m_workspace.reader(), study));
    } catch (const Error& error) {
        m_notes->setText(qs(error.what()));
        return;
    }
    const ResultTable& table = m_model->table();
    m_heading->setText((table.finished < table.planned ? tr("%1: %2 of %3 runs, preliminary") : tr("%1: %2 of %3 runs"))
                           .arg(qs(table.title))
                           .arg(table.finished)
                           .arg(table.planned));
    QString notes;
    for (const std::string& note : table.notes)
        notes += qs(note) + QStringLiteral(".\n\n");
    m_notes->setText(notes.trimmed());
    fitColumns(m_table, 310);
    m_plot->setTable(table);
}

QString ResultsPage::selectionText() const {
    std::set<int> rows;
    for (const QModelIndex& index : m_table->selectionModel()->selectedRows())
        rows.insert(index.row());
    if (rows.empty()) {
        for (int row = 0; row < m_sorted->rowCount(); ++row)
            rows.insert(row);
    }
    return tabSeparated(*m_sorted, rows);
}

bool ResultsPage::saveFigure(const QString& file) {
    return file.endsWith(QStringLiteral(".png"), Qt::CaseInsensitive) ? m_plot->savePng(file, 0, 0, 2.0)
                                                                      : m_plot->savePdf(file);
}

RowId ResultsPage::selectedArm() const {
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    if (rows.isEmpty()) return 0;
    return m_model->table().rows.at(static_cast<std::size_t>(m_sorted->mapToSource(rows.front()).row())).arm;
}

void ResultsPage::openInspection() {
    if (m_workspace.currentStudy() == 0) return;
    auto* dialog = new InspectionDialog(m_workspace.reader(), m_workspace.databaseFile(), m_workspace.currentStudy(),
                                        selectedArm(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void ResultsPage::openExport() {
    if (m_workspace.currentStudy() == 0) return;
    auto* dialog = new ExportDialog(
        m_model->table(), [this](const QString& file) { return saveFigure(file); }, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

} // namespace diapason::ui
